import { describe, expect, it } from '@jest/globals';
import { parseArguments } from './arguments.ts';

describe('parseArguments', () => {
  it('uses one worker by default', () => {
    expect(parseArguments([])).toEqual({
      help: false,
      version: false,
      workers: 1,
      worker: undefined,
    });
  });

  it('reads all options', () => {
    expect(parseArguments(['--workers', '4'])).toMatchObject({ workers: 4 });
    expect(parseArguments(['--workers=256'])).toMatchObject({ workers: 256 });
    expect(parseArguments(['--help'])).toMatchObject({ help: true });
    expect(parseArguments(['-h'])).toMatchObject({ help: true });
    expect(parseArguments(['--version'])).toMatchObject({ version: true });
    expect(parseArguments(['--worker', '3'])).toMatchObject({ worker: 3 });
  });

  it.each(['0', '-1', '257', '2.5', 'many', '', '0x2'])('refuses %j workers', (text) => {
    expect(() => parseArguments([`--workers=${text}`])).toThrow(
      `--workers is a number from 1 to 256, not "${text}"`,
    );
  });

  it.each([[['--prot', '80']], [['start']], [['--workers']]])('refuses %j and names it', (args) => {
    expect(() => parseArguments(args)).toThrow(args[0]);
  });
});
