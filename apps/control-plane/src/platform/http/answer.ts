import { problem, problemMediaType } from '@sluice/errors';
import type { ErrorCode, ProblemFacts } from '@sluice/errors';
import type { Response } from 'express';

type Headers = Readonly<Record<string, string>>;

/**
 * A controller's response: the status, the header fields, and the content, which is sent as JSON.
 */
export class Answer {
  constructor(
    readonly status: number,
    readonly body?: object,
    readonly headers: Headers = {},
  ) {}

  static ok(body: object, headers?: Headers): Answer {
    return new Answer(200, body, headers);
  }

  /** 204 (RFC 9110 section 15.3.5). */
  static noContent(headers?: Headers): Answer {
    return new Answer(204, undefined, headers);
  }

  /** A problem document (RFC 9457). `extension` adds members to it. */
  static problem(
    code: ErrorCode,
    facts: ProblemFacts = {},
    headers: Headers = {},
    extension: object = {},
  ): Answer {
    const body = { ...problem(code, facts), ...extension };
    return new Answer(body.status, body, { ...headers, 'Content-Type': problemMediaType });
  }
}

/** Sends an answer. A 204 or a 304 is sent without content, even when `answer` has a body. */
export function sendAnswer(response: Response, answer: Answer): void {
  response.status(answer.status);
  // Responses may hold secrets and are for one caller. A cache may store reads but must revalidate
  // them.
  response.setHeader(
    'Cache-Control',
    ['GET', 'HEAD'].includes(response.req.method) ? 'private, no-cache' : 'no-store',
  );
  response.setHeader('X-Content-Type-Options', 'nosniff');
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  if (answer.body === undefined || answer.status === 204 || answer.status === 304) {
    response.end();
    return;
  }
  if (!response.hasHeader('Content-Type'))
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
  const content = Buffer.from(JSON.stringify(answer.body));
  response.setHeader('Content-Length', content.length);
  response.end(response.req.method === 'HEAD' ? undefined : content);
}
