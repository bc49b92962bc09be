import { afterEach, describe, expect, it } from '@jest/globals';
import type { GatewayError } from '@sluice/errors';
import { ScriptedContent } from '../listener/testing/running-listener.ts';
import type { ContentSink } from '../net/content.ts';
import { HeldContent } from './held-content.ts';

class Sink implements ContentSink {
  text = '';
  ends = 0;
  fault: string | undefined = undefined;
  takesMore = true;
  data(chunk: Buffer): boolean {
    this.text += chunk.toString();
    return this.takesMore;
  }
  end(): void {
    this.ends++;
  }
  fail({ code }: GatewayError): void {
    this.fault = code;
  }
}

describe('content that is held', () => {
  afterEach(() => expect(HeldContent.totalBytes).toBe(0));

  it('reaches a second sink from its first byte, and continues there', () => {
    const source = new ScriptedContent(-1);
    const held = new HeldContent(source);
    const [first, second] = [new Sink(), new Sink()];
    held.start(first);
    expect([source.give('one'), source.give('two'), held.rewind()]).toEqual([true, true, true]);
    expect(source.give('three')).toBe(false);
    held.start(second);
    expect([source.give('four'), first.text, second.text, source.resumed]).toEqual([
      true,
      'onetwo',
      'onetwothreefour',
      1,
    ]);
    source.end();
    expect([first.ends, second.ends]).toEqual([0, 1]);
    held.release();
  });

  it('that is complete can be sent again any number of times, until it is released', () => {
    const source = new ScriptedContent(3, (content) => (content.give('abc'), content.end()));
    const held = new HeldContent(source);
    for (let round = 0; round < 3; round++) {
      const sink = new Sink();
      held.start(sink);
      expect([sink.text, sink.ends, held.rewind()]).toEqual(['abc', 1, true]);
    }
    held.release();
    expect(held.rewind()).toBe(false);
  });

  it('is delivered with backpressure, also the second time', () => {
    const source = new ScriptedContent(-1);
    const held = new HeldContent(source);
    held.start(new Sink());
    for (const text of ['a', 'b', 'c']) source.give(text);
    source.end();
    held.rewind();
    const slow = new Sink();
    slow.takesMore = false;
    held.start(slow);
    const seen = [slow.text];
    while (slow.ends === 0 && seen.length < 9) {
      held.resume();
      seen.push(slow.text);
    }
    expect(seen).toEqual(['a', 'ab', 'abc', 'abc']);
    held.release();
  });

  it('still delivers queued chunks after its release', () => {
    const source = new ScriptedContent(-1);
    const held = new HeldContent(source);
    held.start(new Sink());
    source.give('a');
    source.give('b');
    held.rewind();
    const slow = new Sink();
    slow.takesMore = false;
    held.start(slow);
    held.release();
    expect(source.give('c')).toBe(false);
    source.end();
    slow.takesMore = true;
    held.resume();
    expect([slow.text, slow.ends]).toEqual(['abc', 1]);
  });

  it('fails the current sink, or the next one', () => {
    const source = new ScriptedContent(-1);
    const held = new HeldContent(source);
    held.start(new Sink());
    source.give('a');
    held.rewind();
    source.fail();
    const late = new Sink();
    held.start(late);
    expect([late.fault, late.ends]).toEqual(['upstream_reset', 0]);
    held.release();
  });

  it('is no longer held beyond 64 KiB, and is still delivered', () => {
    const source = new ScriptedContent(-1);
    const held = new HeldContent(source);
    const sink = new Sink();
    held.start(sink);
    source.give('x'.repeat(65_536));
    expect(HeldContent.totalBytes).toBe(65_536);
    source.give('y');
    expect([sink.text.length, held.rewind(), HeldContent.totalBytes]).toEqual([65_537, false, 0]);
  });

  it('uses at most 16 MiB per process, and is not held beyond that', () => {
    const many = Array.from({ length: 300 }, () => {
      const source = new ScriptedContent(-1);
      const held = new HeldContent(source);
      held.start(new Sink());
      source.give('x'.repeat(65_536));
      return held;
    });
    expect([HeldContent.totalBytes, many.filter((held) => held.rewind()).length]).toEqual([
      16_777_216, 256,
    ]);
    for (const held of many) held.cancel();
  });
});
