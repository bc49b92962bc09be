import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { encodeResourceList, ResourceListDecoder, SetHash } from '@sluice/wire';
import type { ConfigSnapshot, ResourceRecord } from '@sluice/wire';

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
  records: readonly ResourceRecord[],
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

/** Reads a file. Rejects when it is missing (ENOENT), damaged, or encrypted with another key. */
export async function readLastGood(
  path: string,
  key: Buffer,
): Promise<{ readonly head: LastGoodHead; readonly snapshot: ConfigSnapshot }> {
  const bytes = await readFile(path);
  const end = bytes.length - checksumBytes;
  if (end < prefixBytes + tagBytes || !bytes.subarray(0, magic.length).equals(magic))
    throw new Error('it is not a snapshot in the format of this version');
  const content = bytes.subarray(0, end);
  if (!createHash('sha256').update(content).digest().equals(bytes.subarray(end)))
    throw new Error('it is damaged');
  if (!keyId(key).equals(content.subarray(magic.length, magic.length + keyIdBytes)))
    throw new Error('it was written with another key');
  const plain = decrypt(content, key);
  const headBytes = plain.readUInt32BE(0);
  const head = JSON.parse(plain.toString('utf8', 4, 4 + headBytes)) as LastGoodHead;
  const decoder = new ResourceListDecoder();
  const records = decoder.push(plain.subarray(4 + headBytes));
  decoder.end();
  return {
    head,
    snapshot: { epoch: head.epoch, revision: head.revision, records, setHash: SetHash.of(records) },
  };
}

function encodeHead(head: LastGoodHead): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json]);
}

function decrypt(content: Buffer, key: Buffer): Buffer {
  const nonce = content.subarray(prefixBytes - nonceBytes, prefixBytes);
  const tagAt = content.length - tagBytes;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
    .setAAD(content.subarray(0, prefixBytes))
    .setAuthTag(content.subarray(tagAt));
  const plain = decipher.update(content.subarray(prefixBytes, tagAt));
  try {
    decipher.final();
  } catch {
    throw new Error(
      'its authentication tag does not match: it was changed after this node wrote it',
    );
  }
  return plain;
}

/** Identifies a key without revealing it. */
function keyId(key: Buffer): Buffer {
  return createHash('sha256')
    .update('sluice snapshot key\0')
    .update(key)
    .digest()
    .subarray(0, keyIdBytes);
}
