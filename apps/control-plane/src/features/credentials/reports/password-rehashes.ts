import { hash as digest, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import type { Spec } from '@sluice/config';
import { every, faultReason } from '@sluice/errors';
import { isForeignHash, parsePhc } from '@sluice/passwords';
import { isId } from '@sluice/schema';
import type { PasswordRehash } from '@sluice/wire';
import { BootstrapToken } from '../../../platform/auth/bootstrap-token.ts';
import type { WriteRequest } from '../../../platform/http/write-request.ts';
import { Logger } from '../../../platform/logger.ts';
import { ResourceWriter } from '../../resources/resource-writer.ts';

const storeEveryMs = 2_000;
/** The most hashes that wait, and the most in one revision. */
const maxPending = 1_000;
const batchSize = 100;
/** The most hashes of one report that are read. */
const maxReported = 20;
/** The cost of a hash that a node of this release makes; later ones may cost more. */
const leastCost = { memoryKiB: 19_456, passes: 2 };

interface Reported {
  readonly node: string;
  /** SHA-256 of the hash that it replaces, in hex. */
  readonly replaced: string;
  readonly hash: string;
}

/**
 * Replaces hashes that other systems have made, when nodes report new ones. A node can replace
 * nothing else: neither the hash of another password than the one it has verified, as far as the
 * control plane can tell, nor one that is argon2id or scrypt already.
 */
@Injectable()
export class PasswordRehashes implements OnApplicationBootstrap {
  private readonly pending = new Map<string, Reported>();
  private timer: NodeJS.Timeout | undefined;
  private storing: Promise<void> = Promise.resolve();

  constructor(
    private readonly writer: ResourceWriter,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = every('observation', storeEveryMs, () => this.store()).unref();
  }

  /** Takes the hashes of a node's report. What is not well-formed, or too much, is ignored. */
  heard(node: string, rehashes: readonly PasswordRehash[]): void {
    for (const { credentialId: id, replaced, hash } of rehashes.slice(0, maxReported)) {
      const isKnown = this.pending.has(id);
      if (!isId(id) || replaced.length !== 32 || !isStrong(hash)) continue;
      if (isKnown || this.pending.size < maxPending)
        this.pending.set(id, { node, replaced: Buffer.from(replaced).toString('hex'), hash });
    }
  }

  /** Stores what was heard, in one revision for each node. Never rejects. */
  store(): Promise<void> {
    this.storing = this.storing.then(() => this.storePending());
    return this.storing;
  }

  /** Stores the rest; call it before the database is closed. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.store();
  }

  private async storePending(): Promise<void> {
    const batch = [...this.pending].slice(0, batchSize);
    for (const [id] of batch) this.pending.delete(id);
    for (const [node, reported] of Map.groupBy(batch, ([, each]) => each.node))
      await this.storeOf(node, new Map(reported));
  }

  private async storeOf(node: string, reported: ReadonlyMap<string, Reported>): Promise<void> {
    try {
      await this.writer.changeEach(
        'credential',
        [...reported.keys()],
        writeOf(node),
        ({ id, spec }) => withHash(spec, reported.get(id)),
      );
    } catch (error) {
      // The node reports the hash again when it verifies the password the next time.
      this.logger.warn('could not replace imported password hashes', {
        node,
        reason: faultReason(error),
      });
    }
  }
}

/** Whether a hash costs at least as much as those of this release. */
function isStrong(hash: string): boolean {
  const parsed = parsePhc(hash);
  return (
    parsed?.algorithm === 'argon2id' &&
    parsed.memoryKiB >= leastCost.memoryKiB &&
    parsed.passes >= leastCost.passes
  );
}

/** The credential with the new hash; undefined when it has another hash than the replaced one. */
function withHash(
  spec: Spec<'credential'>,
  reported: Reported | undefined,
): Spec<'credential'> | undefined {
  if (reported === undefined || spec.type !== 'basic' || !isForeignHash(spec.passwordHash))
    return undefined;
  const isReplaced = digest('sha256', spec.passwordHash) === reported.replaced;
  return isReplaced ? { ...spec, passwordHash: reported.hash } : undefined;
}

function writeOf(node: string): WriteRequest {
  return {
    caller: { ...BootstrapToken.identity, name: `node ${node}` },
    requestId: randomUUID(),
    method: 'PATCH',
    target: '/v1/credentials',
    ifMatch: undefined,
    ifNoneMatch: undefined,
    idempotency: undefined,
    wait: undefined,
  };
}
