import { HeaderList } from '@sluice/http1';

/** Fields that do not exist in HTTP/2 (RFC 9113 section 8.2.2), and the length, which is written from what is known. */
const notSent: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'content-length', 'host']);

/** Appends the fields as names and values in turn, the way http2 takes them without a detour through objects. */
export function appendFields(raw: string[], headers: HeaderList): string[] {
  headers.forEach((name, value) => {
    if (!notSent.has(name)) raw.push(name, value);
  });
  return raw;
}

/** The fields of names and values in turn, pseudo-header fields left out; undefined when one cannot stand in a header. */
export function fieldsOf(raw: readonly string[]): HeaderList | undefined {
  const headers = new HeaderList();
  try {
    for (let at = 0; at + 1 < raw.length; at += 2) {
      const name = raw[at] as string;
      if (!name.startsWith(':')) headers.add(name, raw[at + 1] as string);
    }
  } catch {
    return undefined;
  }
  return headers;
}

const GRPC = 'application/grpc';

/** Whether a Content-Type is one of gRPC over HTTP/2: `application/grpc`, alone or with a format behind it as in `+proto`. */
export function isGrpcType(value: string | undefined): boolean {
  if (value === undefined || value.length < GRPC.length) return false;
  const next = value[GRPC.length];
  const isWhole = next === undefined || next === '+' || next === ';' || next === ' ' || next === '\t';
  return isWhole && (value.startsWith(GRPC) || value.slice(0, GRPC.length).toLowerCase() === GRPC);
}

/** The fields as http2 takes trailers. */
export function trailersOf(headers: HeaderList | undefined): Record<string, string | string[]> {
  const trailers: Record<string, string | string[]> = {};
  headers?.forEach((name, value) => {
    if (notSent.has(name)) return;
    const before = trailers[name];
    trailers[name] = before === undefined ? value : [before, value].flat();
  });
  return trailers;
}
