/** How the bytes of a request are split and sent to the proxy. */
export interface Delivery {
  readonly name: string;
  /** The pieces of the text, each written in its own turn of the event loop. */
  pieces(text: string): readonly string[];
  /** All in one write: the previous request, the request, and the next one. */
  readonly pipelined: boolean;
}

/** Longer texts are not split into single bytes: they consist mostly of one repeated byte. */
const MAX_SINGLE_BYTES = 700;

function cut(text: string, at: RegExp): string[] {
  return text.split(at).filter((piece) => piece !== '');
}

function inBytes(text: string): string[] {
  if (text.length <= MAX_SINGLE_BYTES) return text.split('');
  return Array.from({ length: Math.ceil(text.length / 1_000) }, (_, index) =>
    text.slice(index * 1_000, (index + 1) * 1_000),
  );
}

/** All deliveries with which each row is tested. */
export const deliveries: readonly Delivery[] = [
  { name: 'whole', pieces: (text) => [text], pipelined: false },
  { name: 'pipelined in one write', pieces: (text) => [text], pipelined: true },
  { name: 'cut behind each line end', pieces: (text) => cut(text, /(?<=\n)/), pipelined: false },
  { name: 'cut inside each line end', pieces: (text) => cut(text, /(?<=\r)/), pipelined: false },
  { name: 'byte by byte', pieces: inBytes, pipelined: false },
];
