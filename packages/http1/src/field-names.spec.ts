import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FIELD_NUMBERS, nameOfNumber, numberOfBytes, numberOfName } from './field-names.ts';
import { http1Faults, http1ResponseFaults, isHttp1Fault } from './index.ts';

const names = Array.from({ length: FIELD_NUMBERS - 1 }, (_, index) => nameOfNumber(index + 1));

function fromBytes(name: string): number {
  const padded = Buffer.from(`..${name}..`, 'latin1');
  return numberOfBytes(padded, 2, 2 + name.length);
}

it.each(names)('finds %s in any case and at any place', (name) => {
  const number = numberOfName(name);
  expect(number).toBeGreaterThan(0);
  expect(nameOfNumber(number)).toBe(name);
  expect(fromBytes(name)).toBe(number);
  expect(fromBytes(name.toUpperCase())).toBe(number);
  expect(fromBytes(`${name}x`)).not.toBe(number);
  expect(fromBytes(name.slice(1))).not.toBe(number);
});

it('takes no other name for a known one', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.nat(20),
      fc.constantFrom('x', '-', '^', '~', '_', '0'),
      (name, at, letter) => {
        const other = name.slice(0, at) + letter + name.slice(at + 1);
        expect(fromBytes(other)).toBe(numberOfName(other));
      },
    ),
    { numRuns: 2000, seed: 8 },
  );
});

it('names every fault once, with a reason that says something', () => {
  for (const [code, fault] of Object.entries(http1Faults)) {
    expect(fault).toMatchObject({ code, close: true });
    expect(fault.reason.length).toBeGreaterThanOrEqual(20);
    expect(isHttp1Fault(fault)).toBe(true);
    expect(fault.status >= 400 && fault.status < 600).toBe(true);
  }
  expect(Object.keys(http1ResponseFaults)).toEqual(Object.keys(http1Faults));
  expect(isHttp1Fault({ path: '/' })).toBe(false);
});
