// Changes as they happen. The stream only says *that* something changed; the state is then read afresh, so a
// reconnect after a gap needs nothing special. Changes that come while a read is under way cause one more read.

import { currentUser } from "./api.js";

const RETRY_MS = 1500;

export class Live {
  constructor({ refresh, panel, online }) {
    Object.assign(this, { refresh, panel, online });
  }

  connect() {
    this.source?.close();
    clearTimeout(this.retry);
    this.source = new EventSource(`/page/live?user=${encodeURIComponent(currentUser())}`);
    this.source.onopen = () => this.online(true);
    this.source.addEventListener("change", () => this.changed());
    this.source.addEventListener("panel", (event) => this.panel(JSON.parse(event.data)));
    this.source.onerror = () => this.lost();
  }

  // The browser gives up after some errors (a restart that answers 502, say): take no chances, connect again.
  lost(reason) {
    this.online(false, reason);
    this.source?.close();
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), RETRY_MS);
  }

  async changed() {
    this.stale = true;
    if (this.reading) return this.reading;
    this.reading = this.readUntilFresh();
    return this.reading;
  }

  async readUntilFresh() {
    try {
      while (this.stale) {
        this.stale = false;
        await this.refresh();
      }
    } catch (error) {
      this.lost(error.message);
    } finally {
      this.reading = null;
    }
  }
}
