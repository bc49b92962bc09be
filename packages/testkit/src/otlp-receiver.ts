import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { decodeOtlpJson } from './otlp-json.ts';
import { decodeOtlpProtobuf } from './otlp-protobuf.ts';
import type { OtlpSpan } from './otlp-span.ts';

const maxBodyBytes = 16 * 1_024 * 1_024;

/** How requests are treated: accepted, left without a response, or refused with a status code. */
export type OtlpReceiverMode = 'accept' | 'stall' | number;

/** An OTLP/HTTP receiver of traces. */
export interface OtlpReceiver {
  /** Base address, without `/v1/traces`. */
  readonly endpoint: string;
  /** All spans received so far. */
  spans(): readonly OtlpSpan[];
  /**
   * Waits for at least `count` spans. Rejects with a list of the received spans when there are
   * fewer after `timeoutMs`.
   */
  waitForSpans(count: number, timeoutMs?: number): Promise<readonly OtlpSpan[]>;
  /** Changes how requests are treated, to imitate a faulty collector. */
  setMode(mode: OtlpReceiverMode): void;
  /** Stops listening and drops all connections. */
  close(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes)
      throw new RangeError(`the request has more than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip'
    ? gunzipSync(body, { maxOutputLength: maxBodyBytes })
    : body;
}

/**
 * Decodes the spans of a request, and builds the response of OTLP/HTTP: an empty message in the
 * encoding of the request.
 */
async function decode(
  request: IncomingMessage,
): Promise<{ spans: OtlpSpan[]; content: string; type: string }> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim();
  const body = await readBody(request);
  if (type === 'application/x-protobuf')
    return { spans: decodeOtlpProtobuf(body), content: '', type };
  if (type === 'application/json') return { spans: decodeOtlpJson(body), content: '{}', type };
  throw new TypeError(`content of type "${type}" is not OTLP`);
}

/**
 * Starts an OTLP/HTTP receiver on an ephemeral port of 127.0.0.1. It decodes requests, protobuf or
 * JSON, and answers 400 with the reason when it cannot.
 */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const received: OtlpSpan[] = [];
  const waiting = new Set<() => void>();
  let mode: OtlpReceiverMode = 'accept';

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (mode === 'stall') return;
    if (mode !== 'accept') return void response.writeHead(mode).end();
    if (request.method !== 'POST' || request.url !== '/v1/traces')
      return void response.writeHead(404).end();
    try {
      const { spans, content, type } = await decode(request);
      received.push(...spans);
      response.writeHead(200, { 'content-type': type }).end(content);
      for (const check of waiting) check();
    } catch (error) {
      response.writeHead(400, { 'content-type': 'text/plain' }).end(String(error));
    }
  };

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () => [...received],
    setMode: (next) => void (mode = next),
    waitForSpans: (count, timeoutMs = 30_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(check);
          const names = received.map((span) => span.name).join(', ');
          reject(
            new Error(
              `waited ${timeoutMs} ms for ${count} spans, received ${received.length}: [${names}]`,
            ),
          );
        }, timeoutMs);
        const check = (): void => {
          if (received.length < count) return;
          clearTimeout(timer);
          waiting.delete(check);
          resolve([...received]);
        };
        waiting.add(check);
        check();
      }),
    close: async () => {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
