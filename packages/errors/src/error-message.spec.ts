import { once } from 'node:events';
import { connect } from 'node:net';
import { errorCode, errorMessage, errorStack, faultReason, GatewayError } from './index.ts';
import { describeFailure, SetupError } from './setup-error.ts';

const hostile = {
  get message(): string {
    throw new Error('the getter fails');
  },
};
const cyclic = new AggregateError([]);
cyclic.errors.push(cyclic, new Error('inner'));

describe('errorMessage', () => {
  it.each([
    ['an error', new Error('refused'), 'refused'],
    ['an error without a message', new TypeError(), 'TypeError'],
    ['a string', 'refused', 'refused'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['an object that is like an error', { message: 'refused' }, 'refused'],
    ['an object without a prototype', Object.create(null), 'unknown error'],
    ['an object whose message cannot be read', hostile, 'unknown error'],
    ['an empty string', '', 'unknown error'],
    ['a symbol', Symbol('refused'), 'Symbol(refused)'],
    ['several errors', new AggregateError([new Error('a'), new Error('b')], 'all'), 'a; b'],
    ['an aggregate without errors', new AggregateError([], 'all'), 'all'],
    ['a fault of the catalogue', new GatewayError('internal_error', { detail: 'x' }), 'x'],
  ])('of %s', (_, thrown, message) => {
    expect(errorMessage(thrown)).toBe(message);
  });

  it('is bounded for an error that contains itself, and for one with very many errors', () => {
    expect(errorMessage(cyclic)).toContain('inner');
    const many = new AggregateError(Array.from({ length: 100_000 }, () => new Error('again')));
    expect(errorMessage(many).length).toBeLessThan(100);
  });

  it('names each address for a connection that no address accepts', async () => {
    const socket = connect({
      port: 1,
      host: 'two-addresses.test',
      autoSelectFamily: true,
      lookup: (_, __, done) =>
        done(null, [
          { address: '127.0.0.1', family: 4 },
          { address: '::1', family: 6 },
        ]),
    });
    const [error] = (await once(socket, 'error', { signal: AbortSignal.timeout(10_000) }).catch(
      (thrown: unknown) => [thrown],
    )) as [unknown];
    expect(errorMessage(error)).toMatch(/^connect E\w+ 127\.0\.0\.1:1.*; connect E\w+ ::1:1/);
    expect(errorCode(error)).toMatch(/^E/);
  });
});

describe('errorCode', () => {
  it.each([[undefined], [null], ['EPIPE'], [{ code: 5 }], [new Error('EPIPE')]])(
    'of %p is undefined',
    (thrown) => {
      expect(errorCode(thrown)).toBeUndefined();
    },
  );
});

describe('errorStack', () => {
  it('is the stack, or the message of a value without one', () => {
    expect(errorStack(new Error('here'))).toMatch(/^Error: here\n\s+at /);
    expect(errorStack(hostile)).toBe('unknown error');
  });
});

describe('faultReason', () => {
  it.each([
    [new GatewayError('internal_error', { detail: 'told', cause: 'meant' }), 'meant'],
    [new GatewayError('internal_error', { detail: 'told', cause: new Error('meant') }), 'meant'],
    [new GatewayError('internal_error', { detail: 'told' }), 'told'],
    [new Error('told', { cause: 'meant' }), 'told'],
  ])('of %p is %s', (fault, reason) => {
    expect(faultReason(fault)).toBe(reason);
  });
});

describe('describeFailure', () => {
  it('is the message of a setup error, and the stack of a defect', () => {
    expect(describeFailure(new SetupError('set it'))).toBe('set it');
    expect(describeFailure(new Error('defect'))).toMatch(/^Error: defect\n\s+at /);
    expect(describeFailure(null)).toBe('null');
  });
});
