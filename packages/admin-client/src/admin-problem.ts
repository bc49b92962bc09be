import type { Problem, ProblemFault } from './schema-types.ts';

/**
 * A refusal of the Admin API, or of a proxy in front of it: an RFC 9457 problem document as an
 * error.
 */
export class AdminProblem extends Error {
  override readonly name = 'AdminProblem';
  readonly status: number;
  /**
   * Stable code, such as `validation_failed`; empty when the response is not a problem document. A
   * control plane that is newer than this client may send codes that the type does not list.
   */
  readonly code: Problem['code'] | '';
  readonly detail: string;
  /** All faults of the content at once. */
  readonly errors: readonly ProblemFault[];
  readonly requestId: string;
  /** The whole document: a `revision_rejected` has `revision` and `nodes` besides. */
  readonly body: Readonly<Record<string, unknown>>;

  constructor(request: string, status: number, body: Readonly<Record<string, unknown>>) {
    const text = (name: string): string => (typeof body[name] === 'string' ? body[name] : '');
    const errors = Array.isArray(body['errors']) ? (body['errors'] as ProblemFault[]) : [];
    const faults = errors
      .map(({ pointer, detail }) => `\n  ${pointer === '' ? '(all of it)' : pointer}: ${detail}`)
      .join('');
    super(
      `${request} was answered with ${status} ${text('code')}: ${text('detail') || text('title') || 'no reason given'}${faults}`,
    );
    this.status = status;
    this.code = text('code') as Problem['code'] | '';
    this.detail = text('detail');
    this.errors = errors;
    this.requestId = text('requestId');
    this.body = body;
  }
}
