import { describe, expect, it } from '@jest/globals';
import { catalogue, errorCodes } from './catalogue.ts';
import { grpcDenial, grpcStatusOf } from './grpc.ts';

describe('errors for callers of gRPC', () => {
  it.each([
    [400, 3],
    [401, 16],
    [403, 7],
    [404, 12],
    [405, 12],
    [408, 4],
    [413, 8],
    [414, 3],
    [417, 3],
    [429, 8],
    [431, 8],
    [500, 13],
    [501, 12],
    [502, 14],
    [503, 14],
    [504, 4],
    [505, 12],
  ])('%i becomes %i', (status, code) => expect(grpcStatusOf(status)).toBe(code));

  it('every status of the catalogue has a code of its own, and an unknown one is UNKNOWN', () => {
    for (const code of errorCodes)
      expect([code, grpcStatusOf(catalogue[code].status)]).not.toEqual([code, 2]);
    expect([grpcStatusOf(418), grpcStatusOf(600)]).toEqual([2, 2]);
  });

  it.each([
    ['plain text', 'plain text'],
    ['100% é\r\nX: y', '100%25 %C3%A9%0D%0AX: y'],
    ['\u{1f600}', '%F0%9F%98%80'],
    ['', ''],
  ])('the message %j is sent as %j', (message, sent) => {
    expect(grpcDenial(403, message)).toEqual([
      ['Content-Type', 'application/grpc'],
      ['grpc-status', '7'],
      ['grpc-message', sent],
    ]);
  });
});
