const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** Largest gRPC message either side sends or accepts, in bytes. */
export const maxMessageBytes = 4 * mebibyte;

/**
 * Largest piece of a snapshot, in bytes: well below {@link maxMessageBytes}, so that other frames
 * never wait long.
 */
export const maxChunkBytes = mebibyte;

/**
 * Largest delta, in bytes of its changes; beyond it a snapshot is sent. Leaves room for the
 * framing.
 */
export const maxDeltaBytes = 3 * mebibyte;

/** Largest single resource, in bytes of its JSON. The Admin API accepts far less. */
export const maxResourceBytes = maxDeltaBytes;

/** Largest whole configuration a node accepts, in bytes of the encoded resource list. */
export const maxSnapshotBytes = kibibyte * mebibyte;

/**
 * The time after which an idle connection is pinged, and the time limit for the answer, after which
 * it is closed.
 */
export const keepaliveTimeMs = 10_000;
export const keepaliveTimeoutMs = 5_000;
