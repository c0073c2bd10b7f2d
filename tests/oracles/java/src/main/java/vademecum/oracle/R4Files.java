package vademecum.oracle;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.LenientErrorHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.Resource;

/** Finds and reads FHIR R4 JSON files. */
final class R4Files {

    private R4Files() {}

    /** Returns the files that the paths name: of a folder, its JSON files at every depth, sorted by path. */
    static List<Path> find(List<Path> paths) throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path path : paths) {
            if (Files.isDirectory(path)) {
                files.addAll(find(path, Integer.MAX_VALUE));
            } else {
                files.add(path);
            }
        }
        return files;
    }

    /** Returns the JSON files of a folder down to a depth, sorted by path. */
    static List<Path> find(Path folder, int depth) throws IOException {
        try (var walk = Files.walk(folder, depth)) {
            return walk.filter(file -> file.toString().endsWith(".json") && Files.isRegularFile(file))
                    .sorted()
                    .toList();
        }
    }

    /** Reads one resource, tolerant of what a validator would report. */
    static Resource parse(FhirContext context, String json) {
        IParser parser = context.newJsonParser();
        parser.setParserErrorHandler(new LenientErrorHandler(false).disableAllErrors());
        return (Resource) parser.parseResource(json);
    }
}
