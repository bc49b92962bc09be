import { HeaderList } from '@sluice/http1';
import { noContent, type ContentSource } from '../../net/content.ts';
import type { Tunnel } from '../../exchange/tunnel.ts';
import type {
  UpstreamCall,
  UpstreamEvents,
  UpstreamFailure,
  UpstreamRequest,
  UpstreamTarget,
  UpstreamTimeouts,
} from '../../exchange/upstream-call.ts';

export const shortTimeouts: UpstreamTimeouts = {
  connectMs: 500,
  firstByteMs: 500,
  idleMs: 500,
  totalMs: 2_000,
};

export interface CallOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly content?: ContentSource;
  readonly upgrade?: boolean;
  /** The key of the caller; without it the call counts for no caller. */
  readonly callerKey?: string;
  readonly timeouts?: Partial<UpstreamTimeouts>;
  /** Handles the content of the response; by default it is read to its end. */
  readonly onContent?: (content: ContentSource) => void;
}

/** A call, with a record of everything that it reported. Tests only. */
export class RecordedCall implements UpstreamEvents {
  readonly interims: [number, [string, string][]][] = [];
  status = 0;
  headers: [string, string][] = [];
  length = Number.NaN;
  body = '';
  /** Why the content ended early, if it did. */
  contentFault: string | undefined = undefined;
  failure: UpstreamFailure | undefined = undefined;
  tunnel: Tunnel | undefined = undefined;
  /** The number of reported outcomes: at most one. */
  outcomes = 0;
  call!: UpstreamCall;
  /**
   * Resolves when the exchange is over: the content is complete or ended early, the call has
   * failed, or it was upgraded.
   */
  readonly over: Promise<this>;
  private finish!: () => void;
  private readonly onContent: ((content: ContentSource) => void) | undefined;

  private constructor(onContent: ((content: ContentSource) => void) | undefined) {
    this.onContent = onContent;
    this.over = new Promise((resolve) => (this.finish = () => resolve(this)));
  }

  static send(target: UpstreamTarget, options: CallOptions = {}): RecordedCall {
    const recorded = new RecordedCall(options.onContent);
    const request: UpstreamRequest = {
      method: options.method ?? 'GET',
      requestTarget: options.path ?? '/',
      authority: 'a.test',
      headers: HeaderList.of(options.headers ?? {}),
      content: options.content ?? noContent,
      upgrade: options.upgrade ?? false,
      caller: options.callerKey === undefined ? undefined : { callerKey: options.callerKey },
    };
    recorded.call = target.send(request, { ...shortTimeouts, ...options.timeouts }, recorded);
    return recorded;
  }

  onInterim(status: number, headers: HeaderList): void {
    this.interims.push([status, headers.entries()]);
  }

  onResponse(status: number, headers: HeaderList, content: ContentSource): void {
    this.outcomes++;
    this.status = status;
    this.headers = headers.entries();
    this.length = content.length;
    if (this.onContent !== undefined) {
      this.onContent(content);
      return;
    }
    content.start({
      data: (chunk) => {
        this.body += chunk.toString('latin1');
        return true;
      },
      end: () => this.finish(),
      fail: (error) => {
        this.contentFault = error.code;
        this.finish();
      },
    });
  }

  onUpgrade(headers: HeaderList, tunnel: Tunnel): void {
    this.outcomes++;
    this.headers = headers.entries();
    this.tunnel = tunnel;
    this.finish();
  }

  onFailure(failure: UpstreamFailure): void {
    this.outcomes++;
    this.failure = failure;
    this.finish();
  }
}
