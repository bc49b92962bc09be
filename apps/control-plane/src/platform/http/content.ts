import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext, PipeTransform } from '@nestjs/common';
import { GatewayError } from '@sluice/errors';
import type { Request } from 'express';
import { JsonFault, parseStrictJson } from './strict-json.ts';

/** The largest request content, in bytes. */
export const maxContentBytes = 1_048_576;

const mediaTypes: Readonly<Record<string, readonly string[]>> = {
  PATCH: ['application/merge-patch+json', 'application/json'],
};
const defaultMediaTypes = ['application/json'];

/**
 * Reads and parses the content. Pipes run after guards, so nothing is read before the caller is
 * authenticated.
 */
class ContentPipe implements PipeTransform<Request, Promise<unknown>> {
  async transform(request: Request): Promise<unknown> {
    checkMediaType(request);
    const bytes = await readContent(request, maxContentBytes);
    if (bytes.length === 0)
      throw new GatewayError('malformed_content', {
        detail: 'the content is empty; send a JSON object',
      });
    try {
      return parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch (error) {
      if (error instanceof JsonFault)
        throw new GatewayError('malformed_content', { detail: error.message });
      throw new GatewayError('malformed_content', { detail: 'the content is not UTF-8' });
    }
  }
}

/**
 * Parameter decorator: the request's JSON content, at most 1 MiB, parsed but not validated by a
 * schema.
 */
export const Content = (): ParameterDecorator =>
  createParamDecorator((_data: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<Request>(),
  )(new ContentPipe());

function checkMediaType(request: Request): void {
  const accepted = mediaTypes[request.method] ?? defaultMediaTypes;
  const [mediaType = '', ...parameters] = (request.headers['content-type'] ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  if (
    !accepted.includes(mediaType) ||
    (charset !== undefined && !/^charset="?utf-8"?$/.test(charset))
  ) {
    throw new GatewayError('unsupported_media_type', {
      detail: `send the content as ${accepted.join(' or ')}, in UTF-8`,
    });
  }
  if (
    !['', 'identity'].includes((request.headers['content-encoding'] ?? '').trim().toLowerCase())
  ) {
    throw new GatewayError('unsupported_media_type', {
      detail: 'send the content without Content-Encoding',
    });
  }
}

/**
 * Reads content of at most `maxBytes` bytes.
 * @throws GatewayError content_too_large at once when Content-Length exceeds the limit, otherwise
 * as soon as the received bytes do.
 */
export async function readContent(request: Request, maxBytes: number): Promise<Buffer> {
  const tooLarge = (): GatewayError =>
    new GatewayError('content_too_large', { detail: `at most ${maxBytes} bytes are accepted` });
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let received = 0;
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received <= maxBytes) chunks.push(chunk);
      else {
        // The rest is read and discarded, so that the client can finish sending and read the
        // response.
        chunks.length = 0;
        request.removeAllListeners('data').resume();
        reject(tooLarge());
      }
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', (cause) =>
      reject(new GatewayError('malformed_request', { detail: 'the content ended early', cause })),
    );
    request.once('close', () => {
      if (!request.complete)
        reject(new GatewayError('malformed_request', { detail: 'the content ended early' }));
    });
  });
}
