package vademecum.oracle;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport.IssueSeverity;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r4.model.CodeSystem;
import org.hl7.fhir.utilities.http.ManagedWebAccess;

/**
 * Validates FHIR R4 JSON with the HAPI FHIR validator, offline: {@code Validate [--package FILE.tgz]...
 * [--context PATH]... [--lines FILE.ndjson]... PATH...}. The resources of {@code --lines} are not known to each other.
 *
 * <p>Prints one line per message, {@code file:line:column severity messageId location text}, then the count of each
 * severity. Exit status: 0 no error, 1 an error or fatal message, 2 wrong usage or unreadable input.
 */
public final class Validate {

    private final FhirContext context = FhirContext.forR4Cached();
    private final List<Path> packages = new ArrayList<>();
    private final List<Path> contexts = new ArrayList<>();
    private final List<Path> inputs = new ArrayList<>();
    private final List<Path> lines = new ArrayList<>();
    private final Map<ResultSeverityEnum, Integer> counts = new EnumMap<>(ResultSeverityEnum.class);
    private final PrintStream out;
    private final PrintStream err;

    private Validate(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** Runs the program. */
    public static void main(String[] arguments) {
        Locale.setDefault(Locale.ENGLISH);
        ManagedWebAccess.setAccessPolicy(ManagedWebAccess.WebAccessPolicy.PROHIBITED);
        PrintStream out = utf8(FileDescriptor.out);
        PrintStream err = utf8(FileDescriptor.err);
        int status;
        try {
            status = new Validate(out, err).run(arguments);
        } catch (IllegalArgumentException | IOException error) {
            err.println("validate: " + error);
            status = 2;
        }
        out.flush();
        System.exit(status);
    }

    private static PrintStream utf8(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), false, StandardCharsets.UTF_8);
    }

    private int run(String[] arguments) throws IOException {
        readArguments(arguments);
        List<Path> files = R4Files.find(inputs);
        if (files.isEmpty() && lines.isEmpty()) {
            throw new IllegalArgumentException("no JSON file to validate");
        }
        FhirValidator validator = newValidator(files);
        for (Path file : files) {
            validate(validator, file.toString(), 1, Files.readString(file));
        }
        for (Path file : lines) {
            int number = 0;
            for (String line : Files.readAllLines(file)) {
                validate(validator, file.toString(), ++number, line);
            }
        }
        int errors = 0;
        for (ResultSeverityEnum severity : ResultSeverityEnum.values()) {
            int count = counts.getOrDefault(severity, 0);
            out.println(severity.getCode() + ": " + count);
            errors += severity.compareTo(ResultSeverityEnum.ERROR) >= 0 ? count : 0;
        }
        return errors == 0 ? 0 : 1;
    }

    private void readArguments(String[] arguments) {
        for (int i = 0; i < arguments.length; i++) {
            List<Path> list =
                    switch (arguments[i]) {
                        case "--package" -> packages;
                        case "--context" -> contexts;
                        case "--lines" -> lines;
                        default -> inputs;
                    };
            if (list != inputs && ++i == arguments.length) {
                throw new IllegalArgumentException(arguments[i - 1] + " needs a path");
            }
            if (arguments[i].startsWith("--")) {
                throw new IllegalArgumentException("unknown option " + arguments[i]);
            }
            list.add(Path.of(arguments[i]));
        }
    }

    private FhirValidator newValidator(List<Path> files) throws IOException {
        var core = new DefaultProfileValidationSupport(context);
        var artifacts = new KnownArtifacts(context, message -> err.println("validate: " + oneLine(message)));
        for (Path file : packages) {
            artifacts.addPackage(file);
        }
        for (Path file : R4Files.find(contexts)) {
            artifacts.addJson(file.toString(), Files.readString(file));
        }
        for (Path file : files) {
            artifacts.addJson(file.toString(), Files.readString(file));
        }
        var chain = new ValidationSupportChain(
                expressionLanguages(core),
                core,
                artifacts,
                new CommonCodeSystemsTerminologyService(context),
                new InMemoryTerminologyServerValidationSupport(context),
                new SnapshotGeneratingValidationSupport(context),
                unknownCodeSystems());
        var worker = new R4Worker(chain);
        artifacts.dropUnusableProfiles(worker);
        chain.invalidateCaches();
        var instances = new FhirInstanceValidator(chain);
        instances.setWrappedWorkerContext(chain, worker);
        instances.setErrorForUnknownProfiles(false);
        return context.newValidator().registerValidatorModule(instances);
    }

    /**
     * Adds the CQL media types of FHIR R5 to the expression languages of R4: the binding is extensible, but the
     * validator takes a code that the bound system lacks for an error.
     */
    private IValidationSupport expressionLanguages(IValidationSupport core) {
        var languages = ((CodeSystem) core.fetchCodeSystem("http://hl7.org/fhir/expression-language")).copy();
        languages.addConcept().setCode("text/cql-identifier");
        languages.addConcept().setCode("text/cql-expression");
        var support = new PrePopulatedValidationSupport(context);
        support.addCodeSystem(languages);
        return support;
    }

    /** Makes a code of a system that is not at hand a warning: there is no terminology server to ask. */
    @SuppressWarnings("deprecation") // its successor is an interceptor that only a HAPI server runs
    private UnknownCodeSystemWarningValidationSupport unknownCodeSystems() {
        var support = new UnknownCodeSystemWarningValidationSupport(context);
        support.setNonExistentCodeSystemSeverity(IssueSeverity.WARNING);
        return support;
    }

    private void validate(FhirValidator validator, String file, int firstLine, String text) {
        List<SingleValidationMessage> messages;
        try {
            messages = validator.validateWithResult(text).getMessages();
        } catch (RuntimeException | LinkageError | StackOverflowError error) {
            String cause = ExceptionUtils.getRootCauseMessage(error);
            print(file, firstLine + ":1", ResultSeverityEnum.FATAL, "validator-stopped", "-", cause);
            return;
        }
        for (SingleValidationMessage message : messages) {
            print(
                    file,
                    position(message, firstLine),
                    message.getSeverity(),
                    message.getMessageId() == null ? "-" : message.getMessageId(),
                    message.getLocationString() == null ? "-" : message.getLocationString(),
                    message.getMessage());
        }
    }

    private static String position(SingleValidationMessage message, int firstLine) {
        int line = firstLine - 1 + (message.getLocationLine() == null ? 1 : Math.max(1, message.getLocationLine()));
        int column = message.getLocationCol() == null ? 1 : Math.max(1, message.getLocationCol());
        return line + ":" + column;
    }

    private void print(
            String file, String position, ResultSeverityEnum severity, String id, String location, String text) {
        counts.merge(severity, 1, Integer::sum);
        out.println(String.join(" ", file + ":" + position, severity.getCode(), id, location, oneLine(text)));
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\s+", " ");
    }
}
