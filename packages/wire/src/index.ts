export { bearerMetadata, bearerOf, sameSecret } from './bearer.ts';
export { createConfigStreamClient } from './client.ts';
export type { ConfigStreamClient, ConfigStreamClientOptions, ControlCall } from './client.ts';
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
  Delta,
  Drain,
  Heartbeat,
  Hello,
  Nack,
  NodeFrame,
  ResourceRecord,
  SnapshotChunk,
  StatusReport,
  TargetHealth,
  UnknownFrame,
} from './frames.ts';
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
export { encodedBytes, encodeResourceList, ResourceListDecoder } from './resource-list.ts';
export { createConfigStreamServer } from './server.ts';
export type { ConfigStreamServer, NodeCall } from './server.ts';
export { SetHash } from './set-hash.ts';
export { chunkSnapshot, SnapshotAssembler } from './snapshot.ts';
export type { ConfigSnapshot } from './snapshot.ts';
export { formatStreamAddress, parseStreamAddress } from './stream-address.ts';
export type { StreamAddress, StreamSecurity } from './stream-address.ts';
export { WireError } from './wire-error.ts';
