import { HeaderName, HeaderValue, boundedRecord } from '@sluice/schema';
import { z } from 'zod';

/**
 * Says why a field must not be changed; undefined when it may be. The name arrives in lower case
 * with `_` and `.` replaced by `-`, because lenient applications treat these as the same name.
 */
export type FieldGuard = (name: string) => string | undefined;

const ofConnection = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const ofGateway = new Set([
  'forwarded',
  'tracestate',
  'traceparent',
  'via',
  'x-credential-id',
  'x-real-ip',
  'x-request-id',
]);

function connectionFault(name: string): string | undefined {
  return ofConnection.has(name) ? 'belongs to the connection: the gateway writes it' : undefined;
}

/**
 * Request fields that only the gateway may write: framing, connection, and the identity of the
 * caller.
 */
export const requestFieldFault: FieldGuard = (name) => {
  if (name === 'host') return 'is set by the "rewrite" of the route';
  if (name === 'expect') return 'is answered by the gateway';
  if (ofGateway.has(name) || name.startsWith('x-forwarded-') || name.startsWith('x-consumer-')) {
    return 'is how the gateway tells upstreams who calls: it cannot be changed';
  }
  return connectionFault(name);
};

/** Response fields that only the gateway may write. */
export const responseFieldFault: FieldGuard = (name) =>
  name === 'x-request-id' || name === 'via' ? 'is written by the gateway' : connectionFault(name);

/** The edge accepts no message with more fields, so a longer list has no use. */
const maxFields = 100;

const plainName = (name: string): string => name.toLowerCase().replaceAll(/[_.]/g, '-');

/** Says why no message has a field of this name; undefined when one may have it. */
export type NameGuard = (name: string) => string | undefined;

const noGuard: NameGuard = () => undefined;

/** A list of names of fields that may be changed. */
export function changeableNames(guard: FieldGuard, absence: NameGuard = noGuard) {
  return z
    .array(HeaderName)
    .max(maxFields)
    .superRefine((names, context) => {
      for (const [index, name] of names.entries()) {
        const fault = guard(plainName(name)) ?? absence(name);
        if (fault !== undefined)
          context.addIssue({ code: 'custom', path: [index], message: `${name} ${fault}` });
      }
    });
}

/** Fields that may be changed, by name. Each name may appear once; case does not matter. */
export function changeableFields(guard: FieldGuard) {
  return changeable(HeaderValue, guard, noGuard, noGuard);
}

/** New names of fields, by old name. Neither may be a field of the gateway. */
export function changeableRenames(guard: FieldGuard, absence: NameGuard = noGuard) {
  return changeable(HeaderName, guard, absence, (to) => {
    const fault = guard(plainName(to));
    return fault === undefined ? undefined : `${to} ${fault}`;
  });
}

function changeable(
  value: z.ZodString,
  guard: FieldGuard,
  absence: NameGuard,
  valueFault: (value: string) => string | undefined,
) {
  return boundedRecord(value, maxFields).superRefine((fields, context) => {
    const seen = new Set<string>();
    for (const [name, text] of Object.entries(fields)) {
      const fault =
        nameFault(name, guard, absence) ??
        (seen.has(name.toLowerCase()) ? `${name} is listed twice` : valueFault(text));
      seen.add(name.toLowerCase());
      if (fault !== undefined) context.addIssue({ code: 'custom', path: [name], message: fault });
    }
  });
}

function nameFault(name: string, guard: FieldGuard, absence: NameGuard): string | undefined {
  const parsed = HeaderName.safeParse(name);
  if (!parsed.success) return parsed.error.issues[0]?.message;
  const fault = guard(plainName(name)) ?? absence(name);
  return fault === undefined ? undefined : `${name} ${fault}`;
}
