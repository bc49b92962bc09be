export { bearerMetadata, bearerOf, sameSecret } from './bearer.ts';
export { createConfigStreamClient } from './client.ts';
export type {
  ClientSecurity,
  ConfigStreamClient,
  ConfigStreamClientOptions,
  ControlCall,
} from './client.ts';
export type { ClientTls } from './client-tls.ts';
export {
  decodeControlFrame,
  decodeNodeFrame,
  encodeControlFrame,
  encodeNodeFrame,
} from './codec.ts';
export type {
  Ack,
  ConfigFault,
  ControlFrame,
  CredentialReport,
  CredentialUse,
  Delta,
  Drain,
  Heartbeat,
  Hello,
  Nack,
  NodeFrame,
  PasswordRehash,
  ResourceRecord,
  SnapshotChunk,
  StatusReport,
  TargetHealth,
  UnknownFrame,
} from './frames.ts';
export { certificateFingerprint, parseFingerprints } from './fingerprint.ts';
export {
  keepaliveTimeMs,
  keepaliveTimeoutMs,
  maxChunkBytes,
  maxDeltaBytes,
  maxMessageBytes,
  maxResourceBytes,
  maxSnapshotBytes,
} from './limits.ts';
export { isNodeId } from './node-id.ts';
export { mappedBytes } from './mapped-bytes.ts';
export { PackedRecords, readPiece, RecordPacker } from './packed-records.ts';
export { encodedBytes, encodeResourceList, ResourceListDecoder } from './resource-list.ts';
export { createConfigStreamServer } from './server.ts';
export type { ConfigStreamServer, NodeCall, ServerSecurity, ServerTls } from './server.ts';
export { SetHash } from './set-hash.ts';
export { chunkSnapshot, SnapshotAssembler } from './snapshot.ts';
export type { ConfigSnapshot, ReceivedSnapshot } from './snapshot.ts';
export { formatStreamAddress, isConfidential, parseStreamAddress } from './stream-address.ts';
export type { PlaintextSecurity, StreamAddress } from './stream-address.ts';
export { WireError } from './wire-error.ts';
