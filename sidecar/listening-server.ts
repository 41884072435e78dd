import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Express } from "express";
import { HubError } from "./domain/errors";

/** A listening part of the sidecar: the admin API, or the door for webhooks. */
export interface ListeningServer {
  /** `http://127.0.0.1:8090` */
  url: string;
  close(): Promise<void>;
}

/** Starts listening; throws `admin_port_taken` or `inbound_port_taken` when somebody else does already. */
export async function listen(
  app: Express,
  host: string,
  port: number,
  part: "admin" | "inbound",
): Promise<ListeningServer> {
  const server = createServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => reject(listenFault(cause, host, port, part)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const shownHost = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return { url: `http://${shownHost}:${address.port}`, close: () => close(server) };
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function listenFault(cause: NodeJS.ErrnoException, host: string, port: number, part: "admin" | "inbound"): HubError {
  return new HubError(
    {
      kind: "technical",
      code: cause.code === "EADDRINUSE" ? `${part}_port_taken` : `${part}_cannot_listen`,
      message: `${part === "admin" ? "The admin API" : "The door for webhooks"} cannot listen on ${host}:${port} (${cause.code ?? cause.message}).`,
      hint: `Another sidecar may be running. Choose another ${part}.port, or 0 for a free one.`,
      field: `${part}.port`,
    },
    { cause },
  );
}
