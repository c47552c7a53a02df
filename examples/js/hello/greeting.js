// Another file, to show that a function may have several.

export const greeting = (name) => `Hello, ${name}!`;
