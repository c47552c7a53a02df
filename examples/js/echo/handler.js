// Answers with the event as JSON has it: the least that a function can do.

export const handler = async (event) => event;
