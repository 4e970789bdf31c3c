enum KeyWitnessPlaceholder {}
