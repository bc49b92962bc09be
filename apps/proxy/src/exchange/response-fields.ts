import { requireName, requireValue, type FieldName, type HeaderList } from '@sluice/http1';
import { ownFields } from './own-fields.ts';

/** A field that policies add to the response, whether the upstream or the gateway makes it. */
export interface ResponseField {
  readonly name: string | FieldName;
  readonly value: string;
  /** It replaces the fields of this name that the response has. */
  readonly replaces: boolean;
}

/**
 * Remembers a field of the response. It is written later, outside of the hook of its policy, so it
 * is checked here: an invalid field is a fault of this policy. The built-in policies prepare their
 * names and make valid values.
 * @param isShared whether the exchange has custom policies: fields with prepared names are checked
 * @throws TypeError when the name is not a token, or a header line must not contain the value
 */
export function addField(
  fields: ResponseField[],
  name: string | FieldName,
  value: string,
  isShared: boolean,
): void {
  if (isShared || typeof name === 'string') requireField(name, value);
  fields.push({ name, value, replaces: false });
}

/** Like {@link addField}; the field replaces earlier ones of its name. */
export function replaceField(
  fields: ResponseField[],
  name: string | FieldName,
  value: string,
  isShared: boolean,
): void {
  if (isShared || typeof name === 'string') requireField(name, value);
  for (let index = fields.length - 1; index >= 0; index--) {
    if (isSameName((fields[index] as ResponseField).name, name)) fields.splice(index, 1);
  }
  fields.push({ name, value, replaces: true });
}

function requireField(name: string | FieldName, value: string): void {
  if (typeof value !== 'string') throw new TypeError('the value of a header must be a string');
  if (typeof name === 'string') requireName(name);
  requireValue(lower(name), value);
}

/** Adds the fields of the gateway to a response: those that policies remembered, the request ID. */
export function addResponseFields(
  exchange: {
    readonly responseFields: readonly ResponseField[] | undefined;
    readonly requestId: string;
  },
  headers: HeaderList,
): void {
  const { responseFields } = exchange;
  if (responseFields !== undefined) {
    for (const { name, value, replaces } of responseFields) {
      if (typeof name !== 'string') {
        if (replaces) headers.setOwn(name, value);
        else headers.addOwn(name, value);
      } else if (replaces) headers.set(name, value);
      else headers.add(name, value);
    }
  }
  headers.setOwn(ownFields.requestId, exchange.requestId);
}

function isSameName(one: string | FieldName, other: string | FieldName): boolean {
  return one === other || lower(one) === lower(other);
}

function lower(name: string | FieldName): string {
  return typeof name === 'string' ? name.toLowerCase() : name.lower;
}
