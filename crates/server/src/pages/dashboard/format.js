// Numbers, sizes and times as people read them.

const LOCALE = document.documentElement.lang;

const units = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat(LOCALE);
const moment = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" });
const date = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", timeZone: "UTC" });

export function bytes(count) {
  let step = 0;
  for (; count >= 999.95 && step < 4; step += 1) count /= 1000;
  return `${units.format(count)} ${["B", "kB", "MB", "GB", "TB"][step]}`;
}

export const number = (count) => whole.format(count);
export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;
export const time = (text) => moment.format(new Date(text));

/** A day such as 2026-09-01. */
export const day = (text) => date.format(new Date(`${text}T00:00:00Z`));

/** `image/svg+xml` as `svg`. */
export const kind = (type) => type.replace(/^image\//, "").replace(/\+.*$/, "");
