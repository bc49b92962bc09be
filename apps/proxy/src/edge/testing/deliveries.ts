/** A way in which the bytes of a request reach the proxy. */
export interface Delivery {
  readonly name: string;
  /** The pieces in which the text is written, each in a turn of the event loop of its own. */
  pieces(text: string): readonly string[];
  /** Everything goes out in one write: the request before it, the request, and the one behind it. */
  readonly pipelined: boolean;
}

/** Longer texts are not cut into single bytes: what lies in them is the same byte again and again. */
const MAX_SINGLE_BYTES = 700;

function cut(text: string, at: RegExp): string[] {
  return text.split(at).filter((piece) => piece !== '');
}

function inBytes(text: string): string[] {
  if (text.length <= MAX_SINGLE_BYTES) return text.split('');
  return Array.from({ length: Math.ceil(text.length / 1_000) }, (_, index) => text.slice(index * 1_000, (index + 1) * 1_000));
}

/** All ways in which each row is tried. */
export const deliveries: readonly Delivery[] = [
  { name: 'whole', pieces: (text) => [text], pipelined: false },
  { name: 'pipelined in one write', pieces: (text) => [text], pipelined: true },
  { name: 'cut behind each line end', pieces: (text) => cut(text, /(?<=\n)/), pipelined: false },
  { name: 'cut inside each line end', pieces: (text) => cut(text, /(?<=\r)/), pipelined: false },
  { name: 'byte by byte', pieces: inBytes, pipelined: false },
];
