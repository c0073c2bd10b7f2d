package vademecum.oracle;

import ca.uhn.fhir.repository.IRepository;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kotlin.Pair;
import kotlin.Unit;
import org.cqframework.cql.cql2elm.StringLibrarySourceProvider;
import org.hl7.elm.r1.VersionedIdentifier;
import org.hl7.fhir.instance.model.api.IBase;
import org.hl7.fhir.instance.model.api.IBaseBundle;
import org.hl7.fhir.instance.model.api.IBaseParameters;
import org.opencds.cqf.cql.engine.execution.EvaluationParams;
import org.opencds.cqf.fhir.cql.Engines;
import org.opencds.cqf.fhir.cql.EvaluationSettings;
import org.opencds.cqf.fhir.cql.LibraryConstructor;
import org.opencds.cqf.fhir.cql.LibraryEngine;
import org.opencds.cqf.fhir.cql.engine.parameters.CqlParameterDefinition;

/** The engine's evaluator with a given evaluation time: {@code $apply} itself always takes the time of the machine. */
final class DatedLibraryEngine extends LibraryEngine {

    private final ZonedDateTime now;

    DatedLibraryEngine(IRepository repository, EvaluationSettings settings, ZonedDateTime now) {
        super(repository, settings);
        this.now = now;
    }

    @Override
    public IBaseParameters evaluate(
            VersionedIdentifier library,
            String patientId,
            IBaseParameters parameters,
            Map<String, Object> rawParameters,
            IBaseBundle additionalData,
            ZonedDateTime time,
            Set<String> expressions) {
        return super.evaluate(library, patientId, parameters, rawParameters, additionalData, now, expressions);
    }

    /** Does what the inherited method does for an expression outside any library, at the given time. */
    @Override
    public IBaseParameters evaluateExpression(
            String expression,
            IBaseParameters parameters,
            Map<String, Object> rawParameters,
            String patientId,
            Map<String, String> referencedLibraries,
            IBaseBundle bundle,
            IBase contextParameter,
            IBase resourceParameter) {
        var converter = Engines.getCqlFhirParametersConverter(fhirContext);
        var definitions = converter.toCqlParameterDefinitions(parameters);
        var values = converter.toCqlParameters(parameters);
        if (contextParameter != null) {
            IBase resource = resourceParameter == null ? contextParameter : resourceParameter;
            definitions.add(new CqlParameterDefinition("%context", getModelName(contextParameter), false));
            values.put("%context", contextParameter);
            definitions.add(new CqlParameterDefinition("%resource", getModelName(resource), false));
            values.put("%resource", resource);
        }
        if (rawParameters != null) {
            rawParameters.forEach((name, value) -> {
                definitions.add(new CqlParameterDefinition(name, getModelName(value), value instanceof List));
                values.put(name, value);
            });
        }
        String cql = new LibraryConstructor(fhirContext)
                .constructCqlLibrary("expression", "1.0.0", expression, referencedLibraries, definitions);
        var requestSettings = new EvaluationSettings(settings);
        requestSettings.getLibrarySourceProviders().add(new StringLibrarySourceProvider(List.of(cql)));
        var evaluation = new EvaluationParams.Builder();
        evaluation.setParameters(values);
        evaluation.setContextParameter(new Pair<>("Patient", patientId.replaceFirst("^Patient/", "")));
        evaluation.setEvaluationDateTime(now);
        evaluation.library(new VersionedIdentifier().withId("expression").withVersion("1.0.0"), library -> {
            library.expressions("return");
            return Unit.INSTANCE;
        });
        var result = Engines.forRepository(repository, requestSettings, bundle).evaluate(evaluation.build());
        return converter.toFhirParameters(result.getOnlyResultOrThrow());
    }
}
