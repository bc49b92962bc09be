/**
 * An HTTP/1.1 parser and serialiser without I/O.
 */
export { isToken } from './byte-classes.ts';
export { http1Faults, http1ResponseFaults, isHttp1Fault } from './faults.ts';
export type { Http1Fault, Http1FaultCode } from './faults.ts';
export { FieldName } from './field-names.ts';
export type { Framing } from './framing.ts';
export { requireName, requireValue } from './field-syntax.ts';
export { HeaderList } from './header-list.ts';
export { removeHopByHop } from './hop-by-hop.ts';
export type { HopByHopOptions } from './hop-by-hop.ts';
export { normalizeHost } from './host.ts';
export type { HostAndPort } from './host.ts';
export { checkLatin1, textOf } from './latin1.ts';
export { listItems } from './list-field.ts';
export { defaultRequestLimits, defaultResponseLimits } from './limits.ts';
export type { RequestLimits, ResponseLimits } from './limits.ts';
export { isKnownMethod } from './methods.ts';
export { refusal, refuseBytes } from './refusal.ts';
export type { PendingExchange, RefusedSocket } from './refusal.ts';
export { faultOfHead } from './request-head.ts';
export type { ReceivedHead } from './request-head.ts';
export { RequestParser } from './request-parser.ts';
export type { RequestParserOptions, RequestState } from './request-parser.ts';
export { ResponseParser } from './response-parser.ts';
export type { ResponseParserOptions, ResponseState } from './response-parser.ts';
export {
  chunkPrefix,
  chunkSuffix,
  continueHead,
  lastChunk,
  lastChunkWithTrailers,
  requireRequestLine,
  serializeRequestHead,
  serializeResponseHead,
} from './serialize.ts';
export { statusText } from './status-text.ts';
export type { TargetForm } from './target-form.ts';
export { NameBeginnings } from './name-beginnings.ts';
export { plainFieldName } from './protected-names.ts';
export { isNormalPath, keepEncodedSlash, normalizeTarget } from './target.ts';
export type { NormalizedTarget, NormalizeTargetOptions } from './target.ts';
