package vademecum.oracle;

import ca.uhn.fhir.context.FhirContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import kotlin.Pair;
import kotlin.Unit;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.hl7.elm.r1.VersionedIdentifier;
import org.hl7.fhir.r4.model.Resource;
import org.opencds.cqf.cql.engine.execution.CqlEngine;
import org.opencds.cqf.cql.engine.execution.EvaluationParams;
import org.opencds.cqf.fhir.cql.Engines;
import org.opencds.cqf.fhir.cql.EvaluationSettings;
import org.opencds.cqf.fhir.utility.repository.InMemoryFhirRepository;

/**
 * Evaluates definitions of CQL libraries with the engine below the CQF clinical reasoning engine.
 *
 * <p>{@code [--package DIR]... --cases FILE.json --now 2026-11-22} reads an array of objects {@code {"name", "subject":
 * "Patient/ID", "data": [resource], "parameters": {name: [resource]}, "libraries": [{"name", "version", "definitions":
 * [name]}]}}, and prints {@code {case: {library: {definition: {"value": ...} or {"error": text}}}}}. Each definition is
 * evaluated for itself, so that one that fails hides no other. Exit status: 0 every case was evaluated, 2 wrong usage or
 * unreadable input.
 */
public final class Evaluate {

    private final FhirContext context = FhirContext.forR4Cached();
    private final ObjectMapper json = new ObjectMapper();
    private final EngineJson values = new EngineJson(context, json);
    private final EvaluationSettings settings = EvaluationSettings.getDefault();
    private final List<Resource> artifacts = new ArrayList<>();
    private ZonedDateTime now;
    private JsonNode cases;

    private Evaluate() {}

    /** Runs the program. */
    public static void main(String[] arguments) {
        Locale.setDefault(Locale.ENGLISH);
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        int status = 0;
        try {
            var program = new Evaluate();
            program.read(arguments);
            out.println(program.results(err).toString());
        } catch (IllegalArgumentException | ClassCastException | IOException error) {
            err.println("evaluate: " + error);
            status = 2;
        }
        out.flush();
        System.exit(status);
    }

    private void read(String[] arguments) throws IOException {
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            Path path = Path.of(arguments[i + 1]);
            switch (arguments[i]) {
                case "--package" -> {
                    for (Path file : R4Files.find(path, 1)) {
                        artifacts.addAll(Case.resources(R4Files.parse(context, Files.readString(file))));
                    }
                }
                case "--cases" -> cases = json.readTree(path.toFile());
                case "--now" -> now = LocalDate.parse(arguments[i + 1]).atStartOfDay(ZoneOffset.UTC);
                default -> throw new IllegalArgumentException("there is no option " + arguments[i]);
            }
        }
        if (cases == null || now == null) {
            throw new IllegalArgumentException("--cases and --now are needed");
        }
    }

    private ObjectNode results(PrintStream err) throws IOException {
        ObjectNode results = json.createObjectNode();
        for (JsonNode one : cases) {
            err.println(one.get("name").textValue());
            results.set(one.get("name").textValue(), evaluated(one));
        }
        return results;
    }

    private ObjectNode evaluated(JsonNode one) throws IOException {
        var repository = new InMemoryFhirRepository(context);
        artifacts.forEach(resource -> repository.update(resource.copy()));
        resources(one.get("data")).forEach(repository::update);
        Map<String, Object> parameters = new HashMap<>();
        for (var each : one.get("parameters").properties()) {
            parameters.put(each.getKey(), resources(each.getValue()));
        }
        CqlEngine engine = Engines.forRepository(repository, settings, null);
        ObjectNode results = json.createObjectNode();
        for (JsonNode library : one.get("libraries")) {
            ObjectNode definitions = results.putObject(library.get("name").textValue());
            for (JsonNode name : library.get("definitions")) {
                definitions.set(name.textValue(), value(engine, library, name.textValue(), one, parameters));
            }
        }
        return results;
    }

    private List<Resource> resources(JsonNode array) throws IOException {
        List<Resource> resources = new ArrayList<>();
        for (JsonNode each : array) {
            resources.addAll(Case.resources(R4Files.parse(context, each.toString())));
        }
        return resources;
    }

    private ObjectNode value(
            CqlEngine engine, JsonNode library, String name, JsonNode one, Map<String, Object> parameters) {
        var identifier = new VersionedIdentifier()
                .withId(library.get("name").textValue())
                .withVersion(library.get("version").textValue());
        var evaluation = new EvaluationParams.Builder();
        evaluation.setParameters(parameters);
        evaluation.setContextParameter(
                new Pair<>("Patient", one.get("subject").textValue().replaceFirst("^Patient/", "")));
        evaluation.setEvaluationDateTime(now);
        evaluation.library(identifier, wanted -> {
            wanted.expressions(name);
            return Unit.INSTANCE;
        });
        ObjectNode result = json.createObjectNode();
        try {
            var found = engine.evaluate(evaluation.build()).getOnlyResultOrThrow().get(name);
            result.set("value", values.of(found == null ? null : found.getValue()));
        } catch (RuntimeException | IOException error) {
            result.put("error", ExceptionUtils.getRootCauseMessage(error));
        }
        return result;
    }
}
