// What an owner says about an image: JSON, as the API takes it.

/** What is wrong with metadata, if anything. */
export function jsonMistake(text) {
  if (!text.trim()) return null;
  try {
    const value = JSON.parse(text);
    const isObject = value && typeof value === "object" && !Array.isArray(value);
    return isObject ? null : 'Metadata is a JSON object, such as {"album": "summer"}.';
  } catch (error) {
    return `Metadata is not JSON: ${error.message}.`;
  }
}
