import type { Reader } from './buffered-content.ts';
import { BufferedContent } from './buffered-content.ts';
import type { BufferBudget } from './buffer-budget.ts';
import type { ReadContent, ReadOptions } from '@sluice/policy-sdk';
import type { ContentSource } from '../../net/content.ts';

/**
 * The content of the upstream's response while the policies of `received` work on it: a stack of
 * layers, of which the last one is sent to the client.
 */
export class ReceivedContent {
  /** The content as the policies so far have made it. */
  content: ContentSource;
  private readonly budget: BufferBudget;
  private readonly caller: string;
  private readonly buffers: BufferedContent[] = [];
  private isOpen = true;
  /** A hook returned a promise that is pending. */
  private isHeld = false;
  private reads = 0;

  /** @param caller identifies the client or consumer, for the budget */
  constructor(content: ContentSource, budget: BufferBudget, caller: string) {
    this.content = content;
    this.budget = budget;
    this.caller = caller;
  }

  /** Whether policies can still change the content. */
  get canChange(): boolean {
    return this.isOpen;
  }

  /** Milliseconds during which reads have waited for the upstream. */
  get waitedMs(): number {
    let ms = 0;
    for (const buffered of this.buffers) ms += buffered.waitedMs;
    return ms;
  }

  async read(options: ReadOptions, reader: Reader): Promise<ReadContent> {
    if (!this.isOpen) throw new Error('the response has been sent, or its exchange has ended');
    // The upstream is waited for again.
    if (++this.reads === 1 && this.isHeld) this.content.resumeTimeouts?.();
    try {
      return await this.buffered().read(options, reader);
    } finally {
      if (--this.reads === 0 && this.isHeld) this.content.pauseTimeouts?.();
    }
  }

  /** Ends the reads of a policy that took too long. */
  revoke(reader: Reader): void {
    for (const buffered of this.buffers) buffered.revoke(reader);
  }

  /** Puts a buffer on top, unless there is one. */
  buffered(): BufferedContent {
    const { content } = this;
    if (content instanceof BufferedContent) return content;
    const code = 'upstream_content_too_large';
    const buffered = new BufferedContent(content, this.budget, this.caller, code);
    this.buffers.push(buffered);
    this.content = buffered;
    return buffered;
  }

  /** Stops the upstream's timeouts while a hook works on the response. */
  hold(): void {
    this.isHeld = true;
    if (this.reads === 0) this.content.pauseTimeouts?.();
  }

  unhold(): void {
    this.isHeld = false;
    this.content.resumeTimeouts?.();
  }

  /** Returns the content to send; policies cannot change it any more. */
  take(): ContentSource {
    this.isOpen = false;
    return this.content;
  }

  /** Frees what is still held: the exchange has ended. */
  close(): void {
    this.isOpen = false;
    for (const buffered of this.buffers) buffered.release();
  }
}
