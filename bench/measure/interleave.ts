/**
 * Measures all arms once per round, in turns (A B C A B C …), so that changes of the machine affect
 * all arms equally.
 * @param measure gives one sample; what it throws ends everything
 * @param tell describes a sample in a few words, for the progress output
 */
export async function interleave<Arm extends { readonly name: string }, Sample>(
  arms: readonly Arm[],
  rounds: number,
  measure: (arm: Arm, round: number) => Promise<Sample>,
  tell: (sample: Sample) => string,
): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>(arms.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const arm of arms) {
      const sample = await measure(arm, round);
      samples.get(arm.name)?.push(sample);
      console.log(`round ${round}/${rounds}  ${arm.name.padEnd(16)} ${tell(sample)}`);
    }
  }
  return samples;
}
