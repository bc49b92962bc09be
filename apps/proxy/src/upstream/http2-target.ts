import { errorMessage } from '@sluice/errors';
import type {
  UpstreamCall,
  UpstreamEvents,
  UpstreamRequest,
  UpstreamTimeouts,
} from '../exchange/upstream-call.ts';
import type { TimerWheel } from '../net/timer-wheel.ts';
import { TargetAddresses, type AddressUser } from '../names/target-addresses.ts';
import type { ClientCertificates } from './client-certificates.ts';
import { TargetConnector } from './connect-target.ts';
import type { ConnectionBudget } from './connection-budget.ts';
import { Http2Call, type Http2CallDispatcher } from './http2-call.ts';
import { Http2UpstreamSession, type SessionPool } from './http2-upstream-session.ts';
import { isLocalFault } from './local-fault.ts';
import type { PooledTarget } from './pooled-target.ts';
import { defaultTargetOptions, type TargetOptions, type TargetSpec } from './target-options.ts';
import { tryConnection, type ConnectionOutcome } from './try-connection.ts';

/** Maximum connections to one target; each carries many streams. */
const MAX_SESSIONS = 16;

/**
 * One HTTP/2 target, over TLS (h2) or plain with prior knowledge (h2c). Calls share a connection up
 * to the stream limit of the upstream. Beyond it the target opens another connection, and beyond
 * the connection limit calls wait.
 */
export class Http2Target implements PooledTarget, Http2CallDispatcher, SessionPool, AddressUser {
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  readonly protocolVersion = '2';
  readonly wheel: TimerWheel;
  readonly connector: TargetConnector;
  readonly sessionIdleMs: number;
  draining = false;
  private readonly addresses: TargetAddresses | undefined;
  /** The address for the next session, if it is already chosen. */
  private wanted: string | undefined = undefined;
  private readonly budget: ConnectionBudget;
  private readonly maxSessions: number;
  private readonly maxQueued: number;
  private readonly sessions = new Set<Http2UpstreamSession>();
  /** Sessions that accept no more calls and still have streams. */
  private readonly leaving = new Set<Http2UpstreamSession>();
  private readonly waiting = new Set<Http2Call>();

  /** @throws Error when the address of the spec is not host:port */
  constructor(
    spec: TargetSpec,
    wheel: TimerWheel,
    options: Partial<TargetOptions> = {},
    certificates?: ClientCertificates,
  ) {
    const { maxConnections, maxQueued, maxKeepAliveIdleMs, budget, names } = {
      ...defaultTargetOptions,
      ...spec.connections,
      ...options,
    };
    this.address = spec.address;
    this.wheel = wheel;
    this.connector = new TargetConnector(spec, certificates);
    this.host = this.connector.host;
    this.port = this.connector.port;
    this.scheme = this.connector.scheme;
    this.addresses = TargetAddresses.of(this.host, names, wheel, this);
    this.connector.addresses = this.addresses;
    this.sessionIdleMs = maxKeepAliveIdleMs;
    this.budget = budget;
    this.maxSessions = Math.min(maxConnections, MAX_SESSIONS, budget.maxPerTarget);
    this.maxQueued = maxQueued;
  }

  /** {@inheritDoc PooledTarget.tryConnection} */
  tryConnection(connectMs: number, onOutcome: (outcome: ConnectionOutcome) => void): void {
    tryConnection(this.connector, connectMs, onOutcome);
  }

  get openCount(): number {
    return this.sessions.size + this.leaving.size;
  }

  get idleCount(): number {
    let idle = 0;
    for (const session of this.sessions) if (session.isIdle) idle++;
    return idle;
  }

  get waitingCount(): number {
    return this.waiting.size;
  }

  send(request: UpstreamRequest, timeouts: UpstreamTimeouts, events: UpstreamEvents): UpstreamCall {
    const call = new Http2Call(this, request, timeouts, events);
    this.place(call);
    return call;
  }

  closeIdle(): boolean {
    for (const session of this.sessions) {
      if (!session.isIdle) continue;
      session.retire();
      return true;
    }
    return false;
  }

  drain(): void {
    this.draining = true;
    this.addresses?.stop();
    for (const session of this.sessions) if (session.isIdle) session.retire();
  }

  close(): void {
    this.draining = true;
    for (const call of this.waiting) call.reject('upstream_reset', 'the gateway is shutting down');
    this.waiting.clear();
    for (const session of [...this.sessions, ...this.leaving]) session.destroy();
    this.sessions.clear();
    this.leaving.clear();
  }

  retry(call: Http2Call): void {
    this.place(call);
  }

  roomMade(): void {
    for (const session of this.leaving) if (session.isIdle) this.leaving.delete(session);
    for (const call of this.waiting) {
      const session = this.sessionWithRoom();
      if (!call.over && session === undefined) return;
      this.waiting.delete(call);
      if (!call.over) session?.take(call);
    }
  }

  closed(): void {
    this.budget.release();
  }

  gone(session: Http2UpstreamSession): void {
    if (!this.sessions.delete(session)) return;
    if (!session.isIdle) this.leaving.add(session);
    const [next] = this.waiting;
    if (next === undefined) return;
    this.waiting.delete(next);
    this.place(next);
  }

  private place(call: Http2Call): void {
    if (call.over) return;
    const session = this.sessionWithRoom();
    if (session !== undefined) session.take(call);
    else if (this.sessions.size < this.maxSessions && this.budget.acquire()) this.connect(call);
    else if (this.sessions.size === 0)
      call.reject(
        'local_resources_exhausted',
        `all ${this.budget.max} connections to targets are busy`,
      );
    else if (this.waiting.size < this.maxQueued) this.waiting.add(call);
    else
      call.reject(
        'no_target_available',
        `all ${this.maxSessions} connections are full and ${this.waiting.size} requests wait for a stream`,
      );
  }

  nextAddress(): string | undefined {
    const { wanted } = this;
    this.wanted = undefined;
    return wanted ?? this.addresses?.next();
  }

  /**
   * Retires sessions to addresses that the name no longer has; they close after their last call.
   */
  addressesChanged(): void {
    for (const session of this.sessions)
      if (this.addresses?.isGone(session.address) === true) session.retire();
  }

  private sessionWithRoom(): Http2UpstreamSession | undefined {
    if (this.addresses?.isPlural === true) {
      const address = this.addresses.next();
      const atAddress = this.sessions.values().filter((session) => session.address === address);
      for (const session of atAddress) if (session.hasRoom) return session;
      const hasOne = this.sessions.values().some((session) => session.address === address);
      if (!hasOne && this.sessions.size < this.maxSessions) {
        this.wanted = address;
        return undefined;
      }
    }
    for (const session of this.sessions) if (session.hasRoom) return session;
    return undefined;
  }

  private connect(call: Http2Call): void {
    let session: Http2UpstreamSession;
    try {
      session = new Http2UpstreamSession(this);
    } catch (error) {
      this.budget.release();
      call.reject(
        isLocalFault(error) ? 'local_resources_exhausted' : 'upstream_connect_failed',
        `the connection could not be opened: ${errorMessage(error)}`,
      );
      return;
    }
    this.sessions.add(session);
    session.take(call);
  }
}
