// Generates FHIRHelpers 4.0.1, the library of implicit conversions that the FHIR model info names, as CQL text.
// Model info: https://cql.hl7.org/07-physicalrepresentation.html#data-model; FHIR types in CQL:
// https://hl7.org/fhir/uv/cql/conformance.html. It is read by the translator only: it gives the conversions their types
// and is never published. Its meaning follows the published FHIRHelpers, which other engines run.
//
// As a program: `node fhirhelpers.mjs MODELINFO.xml` prints the library.

import { readFileSync } from 'node:fs';
import { argv, stdout } from 'node:process';
import { pathToFileURL } from 'node:url';

export const VERSION = '4.0.1';

const CONVERSION = /<conversionInfo\b((?:[^">]|"[^"]*")*)\/>/g;
const ATTRIBUTE = /(\w+)="([^"]*)"/g;

// A FHIR Quantity has a System.Quantity only when its unit is a UCUM or calendar unit, or when it names no system.
const QUANTITY = `
    when quantity.value.value is null then null
    when Coalesce(quantity.system.value, 'http://unitsofmeasure.org') in {
      'http://unitsofmeasure.org', 'http://hl7.org/fhirpath/CodeSystem/calendar-units'
    } then System.Quantity {
      value: quantity.value.value,
      unit: ToCalendarUnit(Coalesce(quantity.code.value, quantity.unit.value, '1'))
    }
    else Message(null as System.Quantity, true, 'FHIRHelpers.ToQuantity.UnitSystem', 'Error',
      'A Quantity whose unit is not of UCUM has no value in CQL: ' & quantity.system.value)
  end`;

// Conversions of FHIR's complex types, by source type; every other one unwraps the value of a primitive.
const COMPLEX = {
  'FHIR.Period': `(period FHIR.Period):
  // A missing start is unknown (open); a missing end means that the period goes on (closed).
  case
    when period is null then null
    when period."start".value is null then Interval(null as System.DateTime, period."end".value]
    else Interval[period."start".value, period."end".value]
  end`,
  'FHIR.Range': `(range FHIR.Range):
  if range is null then null
  else Interval[ToQuantity(range.low), ToQuantity(range.high)]`,
  'FHIR.Quantity': `(quantity FHIR.Quantity):
  // A comparator makes the value a range, which a Quantity cannot say: ToInterval can.
  case
    when quantity.value.value is not null and quantity.comparator.value is not null
      then Message(null as System.Quantity, true, 'FHIRHelpers.ToQuantity.Comparator', 'Error',
        'A Quantity with a comparator is not one value: read value and comparator, or use ToInterval')${QUANTITY}`,
  'FHIR.Ratio': `(ratio FHIR.Ratio):
  if ratio is null then null
  else System.Ratio { numerator: ToQuantity(ratio.numerator), denominator: ToQuantity(ratio.denominator) }`,
  'FHIR.Coding': `(coding FHIR.Coding):
  if coding is null then null
  else System.Code {
    code: coding.code.value,
    system: coding.system.value,
    version: coding.version.value,
    display: coding.display.value
  }`,
  'FHIR.CodeableConcept': `(concept FHIR.CodeableConcept):
  if concept is null then null
  else System.Concept { codes: concept.coding C return all ToCode(C), display: concept.text.value }`,
};

// What the published library offers beside the conversions, for authors to call by name.
const BY_NAME = `
define function ToCalendarUnit(unit System.String):
  case unit
    when 'a' then 'year'
    when 'mo' then 'month'
    when 'wk' then 'week'
    when 'd' then 'day'
    when 'h' then 'hour'
    when 'min' then 'minute'
    when 's' then 'second'
    when 'ms' then 'millisecond'
    else unit
  end

define function ToQuantityIgnoringComparator(quantity FHIR.Quantity):
  case${QUANTITY}

define function ToInterval(quantity FHIR.Quantity):
  if quantity is null then null
  else case quantity.comparator.value
    when '<' then Interval[null as System.Quantity, ToQuantityIgnoringComparator(quantity))
    when '<=' then Interval[null as System.Quantity, ToQuantityIgnoringComparator(quantity)]
    when '>=' then Interval[ToQuantityIgnoringComparator(quantity), null as System.Quantity]
    when '>' then Interval(ToQuantityIgnoringComparator(quantity), null as System.Quantity]
    else Interval[ToQuantity(quantity), ToQuantity(quantity)]
  end
`;

// Returns [function name, source type] of every implicit conversion of the model, in its order.
export function conversions(modelInfo) {
  return [...modelInfo.matchAll(CONVERSION)].map(([, attributes]) => {
    const { functionName, fromType } = Object.fromEntries(
      [...attributes.matchAll(ATTRIBUTE)].map(([, name, value]) => [name, value]),
    );
    return [functionName.replace(/^FHIRHelpers\./, ''), fromType];
  });
}

// Returns the CQL of FHIRHelpers for `modelInfo`, the XML of the FHIR model info.
export function fhirHelpers(modelInfo) {
  const functions = conversions(modelInfo).map(
    ([name, type]) => `\ndefine function ${name}${COMPLEX[type] ?? `(value ${type}): value.value`}\n`,
  );
  return `library FHIRHelpers version '${VERSION}'\n\nusing FHIR version '4.0.1'\n${functions.join('')}${BY_NAME}`;
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) {
  stdout.write(fhirHelpers(readFileSync(argv[2], 'utf8')));
}
