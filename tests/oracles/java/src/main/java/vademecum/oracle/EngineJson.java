package vademecum.oracle;

import ca.uhn.fhir.context.FhirContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Map;
import org.hl7.fhir.instance.model.api.IBase;
import org.hl7.fhir.instance.model.api.IPrimitiveType;
import org.hl7.fhir.r4.model.Resource;
import org.opencds.cqf.cql.engine.runtime.Code;
import org.opencds.cqf.cql.engine.runtime.Concept;
import org.opencds.cqf.cql.engine.runtime.Interval;
import org.opencds.cqf.cql.engine.runtime.Quantity;
import org.opencds.cqf.cql.engine.runtime.Tuple;

/** Writes what the engine returns as JSON; a number or time as its text, a System Quantity as a FHIR one. */
final class EngineJson {

    private final FhirContext context;
    private final ObjectMapper json;

    EngineJson(FhirContext context, ObjectMapper json) {
        this.context = context;
        this.json = json;
    }

    JsonNode of(Object value) throws IOException {
        if (value == null) {
            return NullNode.getInstance();
        }
        if (value instanceof Boolean truth) {
            return json.getNodeFactory().booleanNode(truth);
        }
        if (value instanceof Resource resource) {
            return json.readTree(context.newJsonParser().encodeResourceToString(resource));
        }
        if (value instanceof IPrimitiveType<?> primitive) {
            return text(primitive.getValueAsString());
        }
        if (value instanceof IBase element) {
            return json.readTree(context.newJsonParser().encodeToString(element));
        }
        if (value instanceof Iterable<?> items) {
            ArrayNode array = json.createArrayNode();
            for (Object item : items) {
                array.add(of(item));
            }
            return array;
        }
        return system(value);
    }

    private JsonNode system(Object value) throws IOException {
        ObjectNode object = json.createObjectNode();
        if (value instanceof Tuple tuple) {
            for (Map.Entry<String, Object> element : tuple.getElements().entrySet()) {
                object.set(element.getKey(), of(element.getValue()));
            }
        } else if (value instanceof Interval interval) {
            object.set("low", of(interval.getLow()));
            object.set("high", of(interval.getHigh()));
            object.put("lowClosed", interval.getLowClosed()).put("highClosed", interval.getHighClosed());
        } else if (value instanceof Quantity quantity) {
            object.set("value", of(quantity.getValue()));
            object.put("unit", quantity.getUnit()).put("code", quantity.getUnit());
            object.put("system", "http://unitsofmeasure.org");
        } else if (value instanceof Code code) {
            object.put("code", code.getCode()).put("system", code.getSystem()).put("display", code.getDisplay());
        } else if (value instanceof Concept concept) {
            object.set("codes", of(concept.getCodes()));
            object.put("display", concept.getDisplay());
        } else {
            return text(value instanceof BigDecimal decimal ? decimal.toPlainString() : value.toString());
        }
        return object;
    }

    private JsonNode text(String text) {
        return json.getNodeFactory().textNode(text);
    }
}
