package vademecum.oracle;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.ValidationSupportContext;
import ca.uhn.fhir.parser.DataFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.hl7.fhir.common.hapi.validation.support.BaseValidationSupport;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeSystem;
import org.hl7.fhir.r4.model.MetadataResource;
import org.hl7.fhir.r4.model.PrimitiveType;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.StructureDefinition;
import org.hl7.fhir.r4.model.ValueSet;
import org.hl7.fhir.r5.context.IWorkerContext;
import org.hl7.fhir.utilities.npm.NpmPackage;

/** The artifacts that the validator may resolve by canonical, beside those of FHIR R4 itself. */
final class KnownArtifacts extends BaseValidationSupport {

    private static final String CROSS_VERSION = "http://hl7.org/fhir/5.0/";

    private final Map<String, MetadataResource> byCanonical = new LinkedHashMap<>();
    private final Consumer<String> warn;

    KnownArtifacts(FhirContext context, Consumer<String> warn) {
        super(context);
        this.warn = warn;
    }

    /** Adds the artifacts of a FHIR package. */
    void addPackage(Path file) throws IOException {
        try (InputStream stream = Files.newInputStream(file)) {
            NpmPackage.NpmPackageFolder folder =
                    NpmPackage.fromPackage(stream).getFolders().get("package");
            if (folder == null) {
                throw new IOException(file + " has no folder named package");
            }
            for (String name : folder.listFiles().stream().sorted().toList()) {
                if (name.endsWith(".json") && !name.equals("package.json")) {
                    addJson(file + "!" + name, new String(folder.getContent().get(name), StandardCharsets.UTF_8));
                }
            }
        }
    }

    /** Adds a resource, or those of a Bundle, when it has a canonical URL; what cannot be read is reported. */
    void addJson(String source, String json) {
        try {
            add(R4Files.parse(getFhirContext(), json));
        } catch (DataFormatException | ClassCastException | IllegalArgumentException error) {
            warn.accept(source + " is not offered for resolving: " + error.getMessage());
        }
    }

    private void add(Resource resource) {
        if (resource instanceof Bundle bundle) {
            bundle.getEntry().stream()
                    .map(Bundle.BundleEntryComponent::getResource)
                    .filter(MetadataResource.class::isInstance)
                    .forEach(this::add);
        } else if (resource instanceof MetadataResource artifact && artifact.hasUrl()) {
            if (artifact instanceof StructureDefinition profile) {
                dropCrossVersionSlices(profile);
            }
            byCanonical.putIfAbsent(artifact.getUrl(), artifact);
            byCanonical.putIfAbsent(artifact.getUrl() + "|" + artifact.getVersion(), artifact);
        }
    }

    /**
     * Takes slices for extensions of another FHIR version out of a profile: those extensions are in no package, and the
     * validator makes no snapshot of a profile that names them. All slices of this kind are optional.
     */
    private void dropCrossVersionSlices(StructureDefinition profile) {
        boolean dropped = profile.getDifferential().getElement().removeIf(element -> element.getType().stream()
                .flatMap(type -> type.getProfile().stream())
                .anyMatch(canonical -> canonical.getValue().startsWith(CROSS_VERSION)));
        if (dropped) {
            warn.accept("profile " + profile.getUrl() + " is used without its slices for extensions of FHIR R5");
        }
    }

    /**
     * Leaves out, with a message, each profile that gets no snapshot: a resource that claims it would stop the
     * validator. Reports in one message what the profiles name and no package has.
     */
    void dropUnusableProfiles(IWorkerContext worker) {
        var missing = new TreeSet<String>();
        for (StructureDefinition profile : profiles()) {
            try {
                worker.fetchResource(org.hl7.fhir.r5.model.StructureDefinition.class, profile.getUrl());
            } catch (RuntimeException error) {
                byCanonical.values().removeIf(artifact -> artifact == profile);
                warn.accept("profile " + profile.getUrl() + " is left out, it has no snapshot: "
                        + ExceptionUtils.getRootCauseMessage(error));
                continue;
            }
            namedBy(profile).filter(canonical -> !isKnown(worker, canonical)).forEach(missing::add);
        }
        if (!missing.isEmpty()) {
            warn.accept(missing.size() + " definitions that profiles name are in no package given, so nothing is"
                    + " checked against them: " + String.join(", ", missing));
        }
    }

    private static Stream<String> namedBy(StructureDefinition profile) {
        return profile.getDifferential().getElement().stream()
                .flatMap(element -> element.getType().stream())
                .flatMap(type -> Stream.concat(type.getProfile().stream(), type.getTargetProfile().stream()))
                .map(PrimitiveType::getValue);
    }

    private boolean isKnown(IWorkerContext worker, String canonical) {
        return fetchStructureDefinition(canonical) != null
                || worker.fetchResource(org.hl7.fhir.r5.model.StructureDefinition.class, canonical) != null;
    }

    private List<StructureDefinition> profiles() {
        return byCanonical.values().stream()
                .filter(StructureDefinition.class::isInstance)
                .map(StructureDefinition.class::cast)
                .distinct()
                .toList();
    }

    @Override
    public <T extends IBaseResource> T fetchResource(Class<T> type, String canonical) {
        MetadataResource artifact = byCanonical.get(canonical);
        @SuppressWarnings("unchecked") // a caller without a type asks for whatever has this canonical
        T found = type == null || type.isInstance(artifact) ? (T) artifact : null;
        return found;
    }

    @Override
    public IBaseResource fetchCodeSystem(String system) {
        return fetchResource(CodeSystem.class, system);
    }

    @Override
    public IBaseResource fetchValueSet(String canonical) {
        return fetchResource(ValueSet.class, canonical);
    }

    @Override
    public IBaseResource fetchStructureDefinition(String canonical) {
        return fetchResource(StructureDefinition.class, canonical);
    }

    @Override
    public List<IBaseResource> fetchAllConformanceResources() {
        return new ArrayList<>(byCanonical.values().stream().distinct().toList());
    }

    @Override
    @SuppressWarnings("unchecked") // the interface lets the caller choose the type, which only can be this one
    public <T extends IBaseResource> List<T> fetchAllStructureDefinitions() {
        return (List<T>) profiles();
    }

    @Override
    public boolean isCodeSystemSupported(ValidationSupportContext support, String system) {
        return fetchCodeSystem(system) != null;
    }

    @Override
    public boolean isValueSetSupported(ValidationSupportContext support, String canonical) {
        return fetchValueSet(canonical) != null;
    }

    @Override
    public String getName() {
        return "Artifacts given on the command line";
    }
}
