package vademecum.oracle;

import ca.uhn.fhir.context.FhirContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.instance.model.api.IIdType;
import org.hl7.fhir.r4.model.CanonicalType;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.PlanDefinition;
import org.hl7.fhir.r4.model.Resource;
import org.opencds.cqf.fhir.cql.EvaluationSettings;
import org.opencds.cqf.fhir.cr.CrSettings;
import org.opencds.cqf.fhir.cr.plandefinition.PlanDefinitionProcessor;
import org.opencds.cqf.fhir.utility.monad.Either3;
import org.opencds.cqf.fhir.utility.monad.Eithers;
import org.opencds.cqf.fhir.utility.repository.InMemoryFhirRepository;

/**
 * Runs PlanDefinition/$apply with the CQF clinical reasoning engine, over a package and a patient's data in memory.
 *
 * <p>One case: {@code [--package DIR]... --plan ID_OR_CANONICAL --subject Patient/ID --data BUNDLE.json
 * [--parameters PARAMETERS.json] [--encounter Encounter/ID] [--practitioner Practitioner/ID] [--now 2026-11-22]
 * [--form careplan|bundle]} prints the result. Many cases: {@code [--package DIR]... --cases FILE.json [--now ...]
 * [--form ...]} reads an array of objects with the same keys and a {@code name}, and prints an object of results by
 * name, where a case that failed is an OperationOutcome. Exit status: 0 every case has a result, 1 the engine failed,
 * 2 wrong usage or unreadable input.
 */
public final class Apply {

    private final FhirContext context = FhirContext.forR4Cached();
    private final ObjectMapper json = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();
    private final CrSettings settings = new CrSettings().withEvaluationSettings(EvaluationSettings.getDefault());
    private final List<Path> packages = new ArrayList<>();
    private final List<Resource> artifacts = new ArrayList<>();
    private final PrintStream out;
    private final PrintStream err;

    private Apply(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** Runs the program. */
    public static void main(String[] arguments) {
        Locale.setDefault(Locale.ENGLISH);
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        int status;
        try {
            status = new Apply(out, err).run(arguments);
        } catch (IllegalArgumentException | ClassCastException | DateTimeException | IOException error) {
            err.println("apply: " + error);
            status = 2;
        }
        out.flush();
        System.exit(status);
    }

    private int run(String[] arguments) throws IOException {
        ObjectNode options = readOptions(arguments);
        readPackages();
        JsonNode file = options.remove("cases");
        List<Case> cases = readCases(file, options);

        ObjectNode results = json.createObjectNode();
        boolean failed = false;
        for (Case one : cases) {
            try {
                results.set(one.name(), toJson(apply(one)));
            } catch (RuntimeException error) {
                failed = true;
                err.println("apply: " + one.name() + ": " + ExceptionUtils.getStackTrace(error));
                results.set(one.name(), toJson(outcome(error)));
            }
        }
        if (file != null) {
            out.println(results.toPrettyString());
        } else if (!failed) {
            out.println(results.elements().next().toPrettyString());
        }
        return failed ? 1 : 0;
    }

    private ObjectNode readOptions(String[] arguments) {
        ObjectNode options = json.createObjectNode();
        for (int i = 0; i < arguments.length; i += 2) {
            if (!arguments[i].startsWith("--") || i + 1 == arguments.length) {
                throw new IllegalArgumentException("options come as --name value, not " + arguments[i]);
            }
            if (arguments[i].equals("--package")) {
                packages.add(Path.of(arguments[i + 1]));
            } else {
                options.put(arguments[i].substring(2), arguments[i + 1]);
            }
        }
        return options;
    }

    private List<Case> readCases(JsonNode file, ObjectNode options) throws IOException {
        if (file == null) {
            return List.of(Case.read(context, options, Path.of("")));
        }
        Path path = Path.of(file.textValue()).toAbsolutePath();
        List<Case> cases = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonNode node : (ArrayNode) json.readTree(path.toFile())) {
            ObjectNode withDefaults = options.deepCopy();
            withDefaults.setAll((ObjectNode) node);
            Case one = Case.read(context, withDefaults, path.getParent());
            if (!names.add(one.name())) {
                throw new IllegalArgumentException("two cases are named " + one.name());
            }
            cases.add(one);
        }
        return cases;
    }

    private void readPackages() throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path folder : packages) {
            files.addAll(R4Files.find(folder, 1));
        }
        if (files.isEmpty()) {
            throw new IllegalArgumentException("--package names no folder with JSON files");
        }
        Map<String, Path> seen = new HashMap<>();
        for (Path file : files) {
            for (Resource resource : Case.resources(R4Files.parse(context, Files.readString(file)))) {
                Path other = seen.put(resource.getId(), file);
                if (other != null) {
                    throw new IllegalArgumentException(resource.getId() + " is both in " + other + " and " + file);
                }
                artifacts.add(resource);
            }
        }
    }

    /** Runs one case over copies: the engine writes into the resources that it is given. */
    private IBaseResource apply(Case one) {
        var repository = new InMemoryFhirRepository(context);
        artifacts.forEach(resource -> repository.update(resource.copy()));
        one.data().forEach(resource -> repository.update(resource.copy()));
        var processor = new PlanDefinitionProcessor(repository, settings);
        var engine = new DatedLibraryEngine(repository, settings.getEvaluationSettings(), one.now());
        if (!one.bundle()) {
            return processor.apply(
                    plan(one), one.subject(), one.encounter(), one.practitioner(), null, null, null, null, null, null,
                    one.parameters(), null, null, engine);
        }
        var results = (Parameters) processor.applyR5(
                plan(one), List.of(one.subject()), one.encounter(), one.practitioner(), null, null, null, null, null,
                null, one.parameters(), null, null, engine);
        return results.getParameterFirstRep().getResource();
    }

    private static Either3<CanonicalType, IIdType, PlanDefinition> plan(Case one) {
        return one.plan().contains(":")
                ? Eithers.forLeft3(new CanonicalType(one.plan()))
                : Eithers.forMiddle3(new IdType("PlanDefinition", one.plan().replaceFirst("^PlanDefinition/", "")));
    }

    private JsonNode toJson(IBaseResource resource) throws IOException {
        return json.readTree(context.newJsonParser().encodeResourceToString(resource));
    }

    private static OperationOutcome outcome(RuntimeException error) {
        var outcome = new OperationOutcome();
        outcome.addIssue()
                .setSeverity(OperationOutcome.IssueSeverity.FATAL)
                .setCode(OperationOutcome.IssueType.EXCEPTION)
                .setDiagnostics(error.toString());
        return outcome;
    }
}
