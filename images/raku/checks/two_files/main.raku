use lib '.';
use Answer;
say answer;
