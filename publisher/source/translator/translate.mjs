// Translates CQL to ELM with the official translator: https://cql.hl7.org/04-logicalspecification.html.
//
//   node translate.mjs PATH.cql ...    run in the folder whose node_modules holds the packages of package.json
//
// prints one JSON object: {"PATH.cql": {"elm": {...}, "errors": [{"severity", "message", "line", "column"}]}}.
// An included library is found beside the file that includes it (NAME-VERSION.cql or NAME.cql), else in the logic folder
// of another topic; an error inside it has also "file", its path. FHIRHelpers 4.0.1 is generated (fhirhelpers.mjs). Words of the translator go to stderr.

import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { argv, cwd, stderr, stdout } from 'node:process';
import { pathToFileURL } from 'node:url';

import { VERSION as FHIR_HELPERS_VERSION, fhirHelpers } from './fhirhelpers.mjs';
import { unitProblem } from './ucum.mjs';

// The translator logs to stdout, which is for the result alone.
const write = stdout.write.bind(stdout);
stdout.write = stderr.write.bind(stderr);

const packages = createRequire(join(cwd(), 'package.json'));
const load = (name) => import(pathToFileURL(packages.resolve(name)).href);
const {
  CqlCompilerOptions, CqlTranslator, LibraryBuilder, LibraryManager, ModelManager,
  createLibrarySourceProvider, createModelInfoProvider, createUcumService, stringAsSource,
} = await load('@cqframework/cql/cql-to-elm');
const { SystemModelInfoProvider } = await load('@cqframework/cql/cql');

// cql-exec-fhir is needed for this one file.
const CARRIER = dirname(packages.resolve('cql-exec-fhir'));
const FHIR_MODEL_INFO = readText(join(CARRIER, 'modelInfos/fhir-modelinfo-4.0.1.xml'));
const FHIR_HELPERS = fhirHelpers(FHIR_MODEL_INFO);

// The same text whatever the line ends of the checkout, so that the ELM is the same bytes.
function readText(path) {
  return readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
}

// The translator's defaults, which we keep: EnableAnnotations, EnableLocators, DisableListDemotion and
// DisableListPromotion; compatibility level 1.5; units checked; messages of every severity. Date range optimisation,
// detailed errors, interval promotion and demotion, and data requirements stay off; list traversal and method
// invocation stay on. We add result types, and state the signature level, on which engines choose overloads.
function compilerOptions() {
  return CqlCompilerOptions.defaultOptions()
    .withOptions([CqlCompilerOptions.Options.EnableResultTypes])
    .withSignatureLevel(LibraryBuilder.SignatureLevel.Overloads);
}

function modelManager() {
  const manager = new ModelManager();
  const fhir = (id, system, version) =>
    id === 'FHIR' && (version ?? '4.0.1') === '4.0.1' ? stringAsSource(FHIR_MODEL_INFO) : null;
  manager.modelInfoLoader.registerModelInfoProvider(new SystemModelInfoProvider());
  manager.modelInfoLoader.registerModelInfoProvider(createModelInfoProvider(fhir));
  return manager;
}

function ucumService() {
  const unused = () => {
    throw new Error('The translator computes no quantity.');
  };
  return createUcumService(unused, unitProblem, unused, unused);
}

const MODELS = modelManager();

// Returns the folders to look in: the file's own, then those of the other topics, TOPIC/logic beside TOPIC/logic.
function folders(own) {
  if (basename(own) !== 'logic') return [own];
  const topics = dirname(dirname(own));
  return [own, ...readdirSync(topics).sort().map((topic) => join(topics, topic, 'logic')).filter((one) => one !== own)];
}

// Returns {file, text} of the included library, or null; FHIRHelpers has no file.
function librarySource(folder, name, version) {
  if (name === 'FHIRHelpers' && (version ?? FHIR_HELPERS_VERSION) === FHIR_HELPERS_VERSION) {
    return { text: FHIR_HELPERS };
  }
  const names = version ? [`${name}-${version}.cql`, `${name}.cql`] : [`${name}.cql`];
  for (const file of folders(folder).flatMap((place) => names.map((base) => join(place, base)))) {
    try {
      return { file, text: readText(file) };
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes(error.code)) throw error;
    }
  }
  return null;
}

// One translator for a folder: its included libraries, FHIRHelpers above all, are compiled once.
class FolderTranslator {
  #files = new Map();
  #manager = new LibraryManager(MODELS, compilerOptions(), undefined, ucumService());

  constructor(folder) {
    const beside = (name, system, version) => {
      const source = librarySource(folder, name, version);
      if (source?.file) this.#files.set(`${name}|${version ?? ''}`, source.file);
      return source && stringAsSource(source.text);
    };
    this.#manager.librarySourceLoader.registerProvider(createLibrarySourceProvider(beside));
  }

  translate(path) {
    const elm = JSON.parse(CqlTranslator.fromText(readText(path), this.#manager).toJson());
    const notes = (elm.library.annotation ?? []).filter((note) => note.type === 'CqlToElmError');
    return { elm, errors: notes.map((note) => this.#error(note, elm.library.identifier?.id)) };
  }

  // The translator counts the columns of syntax errors from 0 and all others from 1.
  #error({ errorSeverity, errorType, message, startLine, startChar, libraryId, libraryVersion }, own) {
    const column = (startChar ?? 1) + (errorType === 'syntax' ? 1 : 0);
    const error = { severity: errorSeverity, message, line: startLine ?? 1, column };
    if (libraryId === own) return error;
    const file = this.#files.get(`${libraryId}|${libraryVersion}`) ?? this.#files.get(`${libraryId}|`);
    return file ? { ...error, file } : error;
  }
}

const translators = new Map();
const result = {};
for (const path of argv.slice(2)) {
  const folder = dirname(path);
  if (!translators.has(folder)) translators.set(folder, new FolderTranslator(folder));
  result[path] = translators.get(folder).translate(path);
}
write(JSON.stringify(result));
