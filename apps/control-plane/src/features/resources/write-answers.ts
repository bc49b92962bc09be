import { errorMessage } from '@sluice/errors';
import { Injectable } from '@nestjs/common';
import type { FieldError } from '@sluice/errors';
import { Answer } from '../../platform/http/answer.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { Logger } from '../../platform/logger.ts';
import { AppliedStatus } from '../nodes/applied.ts';
import type { AppliedReport } from '../nodes/applied.ts';
import type { Warning } from './warning.ts';
import type { Written } from './written.ts';

/** Builds the response to a write, after it has waited for the nodes if the caller requested it. */
@Injectable()
export class WriteAnswers {
  constructor(
    private readonly applied: AppliedStatus,
    private readonly logger: Logger,
  ) {}

  async of(
    written: Written,
    write: WriteRequest,
    warnings: readonly Warning[] = [],
  ): Promise<Answer> {
    const { status, revision, isReplayed } = written;
    const headers = {
      ...written.headers,
      'Sluice-Revision': String(revision),
      ...(isReplayed ? { 'Idempotency-Replayed': 'true' } : {}),
      ...(write.wait?.preferenceApplied === undefined
        ? {}
        : { 'Preference-Applied': write.wait.preferenceApplied }),
    };
    const body = { ...written.body, revision, ...(warnings.length === 0 ? {} : { warnings }) };
    if (write.wait === undefined) return new Answer(status, body, headers);
    const report = await this.wait(revision, write.wait.timeoutMs);
    if (report.status === 'rejected') return rejected(report, write.requestId, headers);
    if (report.status === 'pending')
      return new Answer(202, { ...body, nodes: report.nodes }, headers);
    return new Answer(status === 204 ? 200 : status, { ...body, nodes: report.nodes }, headers);
  }

  /**
   * Waits for the nodes. A failure to do so is reported as `pending`, because the write is already
   * committed.
   */
  private async wait(revision: number, timeoutMs: number): Promise<AppliedReport> {
    try {
      return await this.applied.wait(revision, timeoutMs);
    } catch (error) {
      this.logger.warn('could not determine which nodes applied a revision', {
        revision,
        reason: errorMessage(error),
      });
      return { revision, status: 'pending', nodes: [] };
    }
  }
}

function rejected(
  { revision, nodes }: AppliedReport,
  requestId: string,
  headers: Readonly<Record<string, string>>,
): Answer {
  const errors = new Map<string, FieldError>();
  for (const { faults = [] } of nodes) {
    for (const { kind, name, pointer, reason } of faults) {
      const detail = `${kind} "${name}": ${reason}`;
      errors.set(`${pointer} ${detail}`, { pointer, detail });
    }
  }
  const refusing = nodes.filter(({ outcome }) => outcome === 'rejected').map(({ id }) => id);
  const detail = `revision ${revision} is committed, but ${refusing.join(', ')} rejected it and kept the previous configuration; correct the configuration with another write`;
  const { ETag: _etag, Location: _location, ...kept } = headers;
  return Answer.problem(
    'revision_rejected',
    { detail, errors: [...errors.values()], requestId },
    kept,
    { revision, nodes },
  );
}
