// What the library's `Intl` leaves to do: methods that are handed on without their object, numbers in the words of their
// locale, and a word about locales that there are not.

import * as log from "sparkler-guest/interpreter/runtime/log.js";

/** Methods that are getters of bound functions in the standard. */
const BOUND = { Collator: "compare", DateTimeFormat: "format", NumberFormat: "format" };

/** Constructors that take a locale. */
const LOCALIZED = ["Collator", "DateTimeFormat", "ListFormat", "NumberFormat", "PluralRules", "RelativeTimeFormat"];

/** Locales that the log tells of already. */
const told = new Set();

for (const [name, method] of Object.entries(BOUND)) bind(Intl[name].prototype, method);
for (const name of LOCALIZED) Intl[name] = telling(Intl[name]);
for (const { prototype } of [Number, BigInt]) {
  const toLocaleString = function toLocaleString(locales, options) {
    return new Intl.NumberFormat(locales, options).format(this.valueOf());
  };
  Object.defineProperty(prototype, "toLocaleString", { value: toLocaleString, writable: true, configurable: true });
}

function bind(prototype, method) {
  const own = Object.getOwnPropertyDescriptor(prototype, method);
  if (typeof own?.value !== "function") return;
  Object.defineProperty(prototype, method, {
    configurable: true,
    get() {
      return own.value.bind(this);
    },
  });
}

/** The constructor, which tells once of a locale that it does not have: English takes its place. */
function telling(constructor) {
  return new Proxy(constructor, {
    construct(target, values, newTarget) {
      tell(values[0], target);
      return Reflect.construct(target, values, newTarget);
    },
    apply(target, _self, values) {
      tell(values[0], target);
      return Reflect.construct(target, values);
    },
  });
}

function tell(locales, constructor) {
  for (const locale of [locales ?? []].flat()) {
    if (told.has(locale) || constructor.supportedLocalesOf(locale).length) continue;
    told.add(locale);
    log.line("WARN", [`Intl has no locale ${locale} here: en-US takes its place`]);
  }
}
