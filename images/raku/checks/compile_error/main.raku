sub f( {
