import { maxReasonChars, maxUserAgentChars } from '../exchange-facts.ts';
import type { AccessRecord } from './access-record.ts';
import { jsonDuration, jsonText } from './json-text.ts';
import { timestamp } from './timestamp.ts';

const absent = (text: string | undefined): text is undefined | '' =>
  text === undefined || text === '';

/** The names, each in quotes, of a non-empty list. */
const list = (names: readonly string[]): string =>
  names.map((name) => `"${jsonText(name)}"`).join(',');

/**
 * Writes a record as one line of JSON, including the line feed: the fields of `accessLogFields`, in
 * that order. Written by hand, in few pieces, because an object and `JSON.stringify` take more than
 * twice the time. The two ids are always hex digits and need no escaping; all other text may come
 * from a client.
 */
export function accessLine(record: AccessRecord): string {
  const { code, reason, shadow, targetAddress, upstreamDurationMs, upstreamPath, userAgent } =
    record;
  const { authPolicy, authReason } = record;
  const { traceId } = record.trace;
  const route = record.route?.name;
  const service = record.service?.name;
  const consumer = record.consumer?.username;
  let line = '{"time":"' + timestamp(record.startTimeMs) + '","requestId":"' + record.requestId;
  if (traceId !== '') line += '","traceId":"' + traceId;
  if (!absent(route)) line += '","route":"' + jsonText(route);
  if (!absent(service)) line += '","service":"' + jsonText(service);
  if (!absent(consumer)) line += '","consumer":"' + jsonText(consumer);
  // Names of policies and bounded words: neither needs escaping.
  if (authPolicy !== undefined) line += '","authPolicy":"' + authPolicy;
  if (authReason !== undefined) line += '","authReason":"' + authReason;
  if (!absent(targetAddress)) line += '","target":"' + jsonText(targetAddress);
  line += '","status":' + record.status;
  if (record.grpcStatus >= 0) line += ',"grpcStatus":' + record.grpcStatus;
  line += ',"source":"' + record.source;
  if (!absent(code)) line += '","code":"' + code;
  if (!absent(reason)) line += '","reason":"' + jsonText(reason.slice(0, maxReasonChars));
  line +=
    '","method":"' +
    jsonText(record.method) +
    '","host":"' +
    jsonText(record.host) +
    '","path":"' +
    jsonText(record.path);
  if (!absent(upstreamPath)) line += '","upstreamPath":"' + jsonText(upstreamPath);
  line +=
    '","protocol":"HTTP/' + jsonText(record.protocol) + '","requestBytes":' + record.requestBytes;
  line +=
    ',"responseBytes":' + record.responseBytes + ',"durationMs":' + jsonDuration(record.durationMs);
  if (upstreamDurationMs >= 0) line += ',"upstreamDurationMs":' + jsonDuration(upstreamDurationMs);
  line += ',"clientAddress":"' + jsonText(record.clientAddress) + '","revision":' + record.revision;
  if (shadow.length > 0) line += ',"shadow":[' + list(shadow) + ']';
  return absent(userAgent)
    ? line + '}\n'
    : line + ',"userAgent":"' + jsonText(userAgent.slice(0, maxUserAgentChars)) + '"}\n';
}
