import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { errorMessage } from '@sluice/errors';
import { encodeResourceList, RecordPacker, ResourceListDecoder, SetHash } from '@sluice/wire';
import type { ReceivedSnapshot, ResourceRecord } from '@sluice/wire';

/**
 * The file format, numbers big-endian: 8 bytes magic and version · 8 bytes key id · 12 bytes nonce
 * · AES-256-GCM of (4 bytes length of the head · head in JSON · the resource list in wire format) ·
 * 16 bytes authentication tag · SHA-256 of all bytes before it. The checksum distinguishes damage
 * from a wrong key; the tag proves that the content was written with the key.
 */
const magic = Buffer.from('SLGOOD\0\x01', 'latin1');
const keyIdBytes = 8;
const nonceBytes = 12;
const tagBytes = 16;
const checksumBytes = 32;
const prefixBytes = magic.length + keyIdBytes + nonceBytes;
const pieceBytes = 1024 * 1024;

/** The gateway, revision and time of a stored configuration. */
export interface LastGoodHead {
  readonly gateway: string;
  readonly epoch: string;
  readonly revision: number;
  /** Epoch milliseconds. */
  readonly savedAtMs: number;
}

/**
 * Writes a new file and syncs it to disk. Works in pieces: with 100,000 routes no step blocks the
 * event loop for more than a few milliseconds.
 */
export async function writeLastGood(
  path: string,
  key: Buffer,
  head: LastGoodHead,
  records: Iterable<ResourceRecord>,
): Promise<void> {
  const nonce = randomBytes(nonceBytes);
  const prefix = Buffer.concat([magic, keyId(key), nonce]);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(prefix);
  const checksum = createHash('sha256');
  const file = await open(path, 'w', 0o600);
  try {
    const write = async (bytes: Buffer): Promise<void> => {
      checksum.update(bytes);
      await file.write(bytes);
    };
    await write(prefix);
    await write(cipher.update(encodeHead(head)));
    for (const piece of encodeResourceList(records, pieceBytes)) await write(cipher.update(piece));
    cipher.final();
    await write(cipher.getAuthTag());
    await file.write(checksum.digest());
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Reads a file. Rejects when it is missing (ENOENT), damaged, or encrypted with another key. Reads it
 * twice, in pieces: nothing is used before all bytes are known to be those that were written.
 */
export async function readLastGood(
  path: string,
  key: Buffer,
): Promise<{ readonly head: LastGoodHead; readonly snapshot: ReceivedSnapshot }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const end = size - checksumBytes;
    const prefix = await readBytes(file, 0, Math.min(size, prefixBytes));
    if (end < prefixBytes + tagBytes || !prefix.subarray(0, magic.length).equals(magic))
      throw new Error('it is not a snapshot in the format of this version');
    const checksum = createHash('sha256');
    for await (const piece of piecesOf(file, 0, end)) checksum.update(piece);
    if (!checksum.digest().equals(await readBytes(file, end, size)))
      throw new Error('it is damaged');
    if (!keyId(key).equals(prefix.subarray(magic.length, magic.length + keyIdBytes)))
      throw new Error('it was written with another key');
    return await decrypted(file, key, prefix, end - tagBytes);
  } finally {
    await file.close();
  }
}

async function readBytes(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
    if (bytesRead === 0) throw new Error('it is damaged');
    at += bytesRead;
  }
  return bytes;
}

async function* piecesOf(file: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end; at += pieceBytes)
    yield await readBytes(file, at, Math.min(end, at + pieceBytes));
}

function encodeHead(head: LastGoodHead): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json]);
}

/** Decrypts and packs the content, which ends at `end`. */
async function decrypted(
  file: FileHandle,
  key: Buffer,
  prefix: Buffer,
  end: number,
): Promise<{ readonly head: LastGoodHead; readonly snapshot: ReceivedSnapshot }> {
  const nonce = prefix.subarray(prefixBytes - nonceBytes, prefixBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
    .setAAD(prefix)
    .setAuthTag(await readBytes(file, end, end + tagBytes));
  const content = new ContentReader();
  for await (const piece of piecesOf(file, prefixBytes, end)) content.push(decipher.update(piece));
  try {
    decipher.final();
  } catch {
    throw new Error(
      'its authentication tag does not match: it was changed after this node wrote it',
    );
  }
  return content.finish();
}

/** Reads the decrypted content as it arrives. Faults are reported at the end, by `finish`. */
class ContentReader {
  readonly #decoder = new ResourceListDecoder();
  readonly #packer = new RecordPacker();
  readonly #setHash = new SetHash();
  #head: LastGoodHead | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #fault: Error | undefined;

  push(piece: Buffer): void {
    if (this.#fault !== undefined) return;
    try {
      this.#read(piece);
    } catch (error) {
      this.#fault = error instanceof Error ? error : new Error(errorMessage(error));
    }
  }

  finish(): { readonly head: LastGoodHead; readonly snapshot: ReceivedSnapshot } {
    if (this.#fault !== undefined) throw this.#fault;
    this.#decoder.end();
    const head = this.#head;
    if (head === undefined) throw new Error('it is damaged');
    const { epoch, revision } = head;
    const records = this.#packer.finish();
    return { head, snapshot: { epoch, revision, records, setHash: this.#setHash } };
  }

  #read(piece: Buffer): void {
    let list = piece;
    if (this.#head === undefined) {
      const bytes = Buffer.concat([this.#rest, piece]);
      const end = bytes.length < 4 ? Infinity : 4 + bytes.readUInt32BE(0);
      if (bytes.length < end) {
        this.#rest = bytes;
        return;
      }
      this.#head = JSON.parse(bytes.toString('utf8', 4, end)) as LastGoodHead;
      list = bytes.subarray(end);
    }
    for (const record of this.#decoder.push(list)) {
      this.#packer.add(record);
      this.#setHash.add(record);
    }
  }
}

/** Identifies a key without revealing it. */
function keyId(key: Buffer): Buffer {
  return createHash('sha256')
    .update('sluice snapshot key\0')
    .update(key)
    .digest()
    .subarray(0, keyIdBytes);
}
