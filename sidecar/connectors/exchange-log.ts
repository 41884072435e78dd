import type { Exchange } from "../domain/delivery";
import type { Clock } from "./connector";

/** Notes what was said to the vendor for one delivery: the last request is what the attempt row shows. */
export class ExchangeLog {
  private readonly startedAt: Date;
  private request: string | null = null;
  private httpStatus: number | null = null;

  constructor(private readonly clock: Clock) {
    this.startedAt = clock.now();
  }

  asked(method: string, path: string): void {
    this.request = `${method} ${path}`;
    this.httpStatus = null;
  }

  answered(status: number): void {
    this.httpStatus = status;
  }

  close(): Exchange {
    return {
      startedAt: this.startedAt,
      endedAt: this.clock.now(),
      request: this.request,
      httpStatus: this.httpStatus,
      mapping: null,
    };
  }
}
