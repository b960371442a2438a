/** Sets it as the newest of so many; true where the oldest had to go for it. */
export const keepSome = <K, V>(map: Map<K, V>, key: K, value: V, most: number): boolean => {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  return map.size > most && oldest !== undefined && map.delete(oldest);
};
