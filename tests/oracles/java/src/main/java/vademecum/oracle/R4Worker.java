package vademecum.oracle;

import ca.uhn.fhir.context.support.IValidationSupport;
import org.hl7.fhir.common.hapi.validation.validator.WorkerContextValidationSupportAdapter;
import org.hl7.fhir.r5.context.ILoggingService;
import org.hl7.fhir.r5.context.Slf4JLoggingService;
import org.slf4j.LoggerFactory;

/** HAPI's bridge to the validator, with two answers that checking a StructureDefinition needs. */
final class R4Worker extends WorkerContextValidationSupportAdapter {

    R4Worker(IValidationSupport support) {
        super(support);
    }

    /** Answers 4.0: told 4.0.1, the validator takes R4 for another version and asks a package server for it. */
    @Override
    public String getVersion() {
        return "4.0";
    }

    /** Gives the logger without which the check of a slicing discriminator fails. */
    @Override
    public ILoggingService getLogger() {
        return new Slf4JLoggingService(LoggerFactory.getLogger(R4Worker.class));
    }
}
