// Who is signed in: an account and its token, kept by this tab until it is closed. Nothing here is ever part of a URL.

const KEY = "tintype-dashboard";

class Session extends EventTarget {
  #who = null;

  constructor() {
    super();
    try {
      this.#who = JSON.parse(sessionStorage.getItem(KEY));
    } catch {
      // Storage that is forbidden or spoilt is as good as none.
    }
  }

  get account() {
    return this.#who?.account ?? "";
  }

  get token() {
    return this.#who?.token ?? "";
  }

  get isOpen() {
    return Boolean(this.#who);
  }

  open(account, token) {
    this.#who = { account, token };
    try {
      sessionStorage.setItem(KEY, JSON.stringify(this.#who));
    } catch {
      // Then a reload asks again.
    }
  }

  /** Forgets the token; `why` is told to whoever signs in next. */
  close(why = "") {
    this.#who = null;
    try {
      sessionStorage.removeItem(KEY);
    } catch {
      // There was none.
    }
    this.dispatchEvent(new CustomEvent("closed", { detail: why }));
  }
}

export const session = new Session();
