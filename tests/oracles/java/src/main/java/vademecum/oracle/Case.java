package vademecum.oracle;

import ca.uhn.fhir.context.FhirContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Resource;

/** One call of {@code $apply}: a plan, a subject, and what is known about the subject. */
record Case(
        String name,
        String plan,
        String subject,
        List<Resource> data,
        Parameters parameters,
        String encounter,
        String practitioner,
        ZonedDateTime now,
        boolean bundle) {

    static final List<String> KEYS = List.of(
            "name", "plan", "subject", "data", "parameters", "encounter", "practitioner", "now", "form");

    /** Reads a case from its JSON form; a resource is written inline or as a path relative to {@code folder}. */
    static Case read(FhirContext context, ObjectNode node, Path folder) throws IOException {
        node.fieldNames().forEachRemaining(key -> {
            if (!KEYS.contains(key)) {
                throw new IllegalArgumentException("a case has no key named " + key);
            }
        });
        String form = node.path("form").asText("careplan");
        if (!List.of("careplan", "bundle").contains(form)) {
            throw new IllegalArgumentException("form is careplan or bundle, not " + form);
        }
        Resource data = resource(context, node.path("data"), folder);
        return new Case(
                node.path("name").asText("result"),
                required(node, "plan"),
                required(node, "subject"),
                data == null ? List.of() : resources(data),
                (Parameters) resource(context, node.path("parameters"), folder),
                node.path("encounter").textValue(),
                node.path("practitioner").textValue(),
                time(node.path("now").textValue()),
                form.equals("bundle"));
    }

    /** Returns the resources of a Bundle, each with an id that the engine's repository can look up. */
    static List<Resource> resources(Resource resource) {
        if (!(resource instanceof Bundle bundle)) {
            if (!resource.hasId()) {
                throw new IllegalArgumentException("a " + resource.fhirType() + " has no id");
            }
            resource.setId(new IdType(resource.fhirType(), resource.getIdElement().getIdPart()));
            return List.of(resource);
        }
        List<Resource> resources = new ArrayList<>();
        for (Bundle.BundleEntryComponent entry : bundle.getEntry()) {
            Resource each = entry.getResource();
            if (each != null && !each.hasId() && entry.hasFullUrl()) {
                each.setId(entry.getFullUrl().replaceFirst("^.*[:/]", ""));
            }
            if (each != null) {
                resources.addAll(resources(each));
            }
        }
        return resources;
    }

    private static Resource resource(FhirContext context, JsonNode node, Path folder) throws IOException {
        if (node.isMissingNode() || node.isNull()) {
            return null;
        }
        return R4Files.parse(
                context, node.isTextual() ? Files.readString(folder.resolve(node.textValue())) : node.toString());
    }

    private static String required(ObjectNode node, String key) {
        if (!node.path(key).isTextual()) {
            throw new IllegalArgumentException("a case needs " + key);
        }
        return node.get(key).textValue();
    }

    /** Returns the evaluation time; a date alone is its midnight in UTC. */
    private static ZonedDateTime time(String text) {
        if (text == null) {
            return null;
        }
        return text.contains("T")
                ? OffsetDateTime.parse(text).toZonedDateTime()
                : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC);
    }
}
