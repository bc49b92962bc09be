import { HeaderList } from '@sluice/http1';
import { HttpFault, type HttpResponse } from '@sluice/policy-sdk';
import type { Dispatcher } from 'undici';

/** A response that was read completely. */
export class BufferedResponse implements HttpResponse {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Uint8Array;

  constructor(status: number, headers: HeaderList, body: Uint8Array) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  /**
   * Reads the content of a response.
   * @throws HttpFault when it has more than `maxBytes` bytes
   */
  static async read(
    { statusCode, headers, body }: Dispatcher.ResponseData,
    maxBytes: number,
    origin: string,
  ): Promise<BufferedResponse> {
    const tooLarge = (): HttpFault =>
      new HttpFault(
        'too_large',
        `the response of ${origin} has more than ${maxBytes} bytes`,
        undefined,
        statusCode,
      );
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      length += chunk.byteLength;
      if (length > maxBytes) throw tooLarge();
      chunks.push(chunk);
    }
    const content = chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
    return new BufferedResponse(statusCode, fieldsOf(headers), content);
  }

  text(): string {
    return new TextDecoder().decode(this.body);
  }

  json(): unknown {
    return JSON.parse(this.text());
  }
}

function fieldsOf(headers: Dispatcher.ResponseData['headers']): HeaderList {
  const list = new HeaderList();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) list.add(name, each);
  }
  return list;
}
