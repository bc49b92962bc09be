import { describe, expect, it } from '@jest/globals';
import { FieldName } from './field-names.ts';
import { HeaderList } from './header-list.ts';
import { NameBeginnings } from './name-beginnings.ts';

describe("the gateway's own fields", () => {
  it('setOwn leaves exactly one field, whatever stood there, in either spelling', () => {
    const headers = HeaderList.of([
      ['x-request-id', 'a'],
      ['Other', 'b'],
      ['X-REQUEST-ID', 'c'],
    ]);
    headers.setOwn(new FieldName('X-Request-Id'), 'ours');
    expect(headers.getAll('x-request-id')).toEqual(['ours']);
    expect(headers.serialize()).toBe('X-Request-Id: ours\r\nOther: b\r\n');
  });

  it('setOwn and addOwn put names that are not known ones at the end, and they are found', () => {
    const headers = HeaderList.of({ a: '1' });
    headers.setOwn(new FieldName('X-Something'), '2');
    headers.addOwn(new FieldName('X-Something'), '3');
    expect(headers.getAll('x-something')).toEqual(['2', '3']);
    headers.setOwn(new FieldName('x-something'), '4');
    expect(headers.getAll('X-Something')).toEqual(['4']);
  });

  it.each(['X-Forwarded-For', 'x-forwarded-for', 'X-FORWARDED-FOR'])(
    'addOwn of %s counts as that field',
    (name) => {
      const headers = new HeaderList();
      headers.addOwn(new FieldName(name), '192.0.2.1');
      expect(headers.get('x-forwarded-for')).toBe('192.0.2.1');
      expect(headers.remove('X-Forwarded-For')).toBe(1);
    },
  );

  it('that repeat are written the same whatever value came before, and however the list is changed', () => {
    const via = new FieldName('Via', { repeats: true });
    const host = new FieldName('Host', { repeats: true });
    const headers = new HeaderList();
    for (const value of ['1.1 a', '1.1 a', '1.1 a', '', '', '1.1 b', '1.1 a']) {
      headers.clear();
      headers.addOwn(host, 'x');
      headers.add('Other', '1');
      headers.setOwn(via, value);
      headers.addOwn(via, 'last');
      expect(headers.serialize()).toBe(`Host: x\r\nOther: 1\r\nVia: ${value}\r\nVia: last\r\n`);
      const copy = headers.clone();
      headers.remove('Host');
      expect(headers.serialize()).toBe(`Other: 1\r\nVia: ${value}\r\nVia: last\r\n`);
      headers.set('via', 'set');
      headers.rename('Via', 'X-Via');
      expect([headers.serialize(), headers.get('x-via')]).toEqual([
        'Other: 1\r\nX-Via: set\r\n',
        'set',
      ]);
      expect(copy.serialize()).toBe(`Host: x\r\nOther: 1\r\nVia: ${value}\r\nVia: last\r\n`);
    }
  });

  it('that repeat keep their bytes, whichever they are', () => {
    const name = new FieldName('X-A', { repeats: true });
    for (let time = 0; time < 3; time++)
      expect(name.lineOf('\u00ff\t\u0080 ')).toBe('X-A: \u00ff\t\u0080 \r\n');
    expect(new FieldName('X-A').lineOf('a')).toBeUndefined();
  });
});

describe('removeBeginningWith', () => {
  it('removes by the beginning of names in any case, known and unknown ones, parsed or not', () => {
    const headers = HeaderList.of([
      ['X-Consumer-Id', '1'],
      ['x-consumer-made-up', '2'],
      ['X-CONSUMER-', '3'],
      ['X-Consume', 'kept'],
      ['Forwarded', '4'],
      ['For', 'kept too'],
    ]);
    expect(headers.removeBeginningWith(new NameBeginnings(['x-consumer-', 'forwarded']))).toBe(4);
    expect(headers.entries()).toEqual([
      ['x-consume', 'kept'],
      ['for', 'kept too'],
    ]);
    expect(headers.has('x-consumer-id')).toBe(false);
  });

  it('removes nothing where nothing begins so', () => {
    const headers = HeaderList.of({ Host: 'a' });
    expect(headers.removeBeginningWith(new NameBeginnings(['x-']))).toBe(0);
    expect(headers.get('host')).toBe('a');
  });
});
