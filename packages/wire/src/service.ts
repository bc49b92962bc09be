import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { decodeControlFrame, decodeNodeFrame, encodeNodeFrame } from './codec.ts';
import type { ControlFrame, NodeFrame } from './frames.ts';
import { keepaliveTimeMs, keepaliveTimeoutMs, maxMessageBytes } from './limits.ts';

/**
 * The one method, in the form of gRPC. The server writes frames that were encoded before, because
 * many streams share them.
 */
const connect: MethodDefinition<NodeFrame, Buffer> & {
  responseDeserialize: (bytes: Buffer) => Buffer;
} = {
  path: '/sluice.config.v1.ConfigStreamService/Connect',
  requestStream: true,
  responseStream: true,
  requestSerialize: encodeNodeFrame,
  requestDeserialize: decodeNodeFrame,
  responseSerialize: (encoded) => encoded,
  responseDeserialize: (bytes) => bytes,
};

/** For the server. */
export const configStreamService = { connect } satisfies ServiceDefinition;

/** For the client: the same method, with the control plane's frames decoded. */
export const clientMethod = {
  path: connect.path,
  serialize: encodeNodeFrame,
  deserialize: (bytes: Buffer): ControlFrame => decodeControlFrame(bytes),
} as const;

/** Limits and keepalive for both sides. */
export const channelOptions = Object.freeze({
  'grpc.max_receive_message_length': maxMessageBytes,
  'grpc.max_send_message_length': maxMessageBytes,
  'grpc.keepalive_time_ms': keepaliveTimeMs,
  'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
  'grpc.keepalive_permit_without_calls': 1,
});
