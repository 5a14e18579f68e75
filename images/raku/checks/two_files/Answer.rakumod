unit module Answer;
sub answer is export { 42 }
