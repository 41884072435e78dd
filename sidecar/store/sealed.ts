import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Text that only this key opens again (AES-256-GCM), and only in the same place: `place` is authenticated with it. */
export class Sealer {
  /** @param key 32 bytes */
  constructor(private readonly key: Buffer) {}

  seal(place: string, text: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.key, nonce).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** Throws when it was sealed with another key, for another place, or was changed since. */
  open(place: string, sealed: Buffer): string {
    const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
    const decipher = createDecipheriv("aes-256-gcm", this.key, sealed.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(place))
      .setAuthTag(tag);
    return decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
  }

  /** The same for the same text, and tells nothing of it to whoever has not the key. */
  fingerprint(text: string): string {
    return createHmac("sha256", this.key).update(text).digest("base64");
  }
}
